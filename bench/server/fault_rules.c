/* SPDX-License-Identifier: MIT */
/* fault_rules - see fault_rules.h. */
#include "bench/server/fault_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/server/server.h"
#include "bench/server/strict_json.h"
#include "lib/base/rng.h"

struct fault_rules {
    json_t *root; /* the texts of the rules lie in it */
    size_t count;
    struct fault_rule rules[];
};

/* The format, as tables */

/* In the order of the enums, whose 0 is for none of them. */
static const char *const points[] = {"before_reading", "before_applying", "after_applying", NULL};
static const char *const holds[] = {"until_gone", "for_requests", NULL};
static const char *const listings[] = {"stale_token", "unordered", "repeated", NULL};
static const char *const sources[] = {"replaced", "removed", NULL};

#define WHEN(f) offsetof(struct fault_when, f)
static const struct strict_field when_fields[] = {
    STRICT_TEXT("operation", WHEN(operation), 1, FAULT_GLOB_MAX),
    STRICT_TEXT("bucket", WHEN(bucket), 1, FAULT_GLOB_MAX),
    STRICT_TEXT("key", WHEN(key), 1, FAULT_GLOB_MAX),
    STRICT_TEXT("access_key", WHEN(access_key), 1, FAULT_GLOB_MAX),
    STRICT_UINT("attempt", WHEN(attempt), 1, 1000),
    STRICT_UINT("part_number", WHEN(part_number), 1, 10000),
    STRICT_UINT("nth", WHEN(nth), 1, INT64_MAX),
    STRICT_UINT("every", WHEN(every), 1, INT64_MAX),
    STRICT_UINT("times", WHEN(times), 1, INT64_MAX),
    STRICT_REAL("probability", WHEN(probability), 0, 1),
    STRICT_END,
};

#define THEN(f) offsetof(struct fault_then, f)
enum then_field {
    THEN_STATUS,
    THEN_CODE,
    THEN_MESSAGE,
    THEN_BODY,
    THEN_RETRY_AFTER,
    THEN_LEADING_SPACE,
    THEN_APPLIED,
    THEN_RESET,
    THEN_CLOSE,
    THEN_STALL,
    THEN_HOLD,
    THEN_HOLD_REQUESTS,
    THEN_HOLD_MAX,
    THEN_DELAY,
    THEN_REPLY_DELAY,
    THEN_TRUNCATE,
    THEN_SHORTEN,
    THEN_STALL_AT,
    THEN_RATE,
    THEN_CORRUPT_REPLY,
    THEN_CORRUPT_STORED,
    THEN_CLOSE_IDLE,
    THEN_EXPIRE_TOKEN,
    THEN_LISTING,
    THEN_PAGE_KEYS,
    THEN_SOURCE,
    THEN_CLOCK_SKEW,
    THEN_FIELDS
};
static const struct strict_field then_fields[] = {
    [THEN_STATUS] = STRICT_UINT("status", THEN(status), 200, 599),
    [THEN_CODE] = STRICT_TEXT("code", THEN(code), 1, 64),
    [THEN_MESSAGE] = STRICT_TEXT("message", THEN(message), 0, 1024),
    [THEN_BODY] = STRICT_TEXT("body", THEN(body), 0, FAULT_BODY_MAX),
    [THEN_RETRY_AFTER] = STRICT_UINT("retry_after_s", THEN(retry_after_s), 0, 86400),
    [THEN_LEADING_SPACE] = STRICT_UINT("leading_space", THEN(leading_space), 0, FAULT_LEADING_MAX),
    [THEN_APPLIED] = STRICT_BOOL("applied", THEN(applied)),
    [THEN_RESET] = STRICT_CHOICE("reset", THEN(reset), points),
    [THEN_CLOSE] = STRICT_CHOICE("close", THEN(close), points),
    [THEN_STALL] = STRICT_CHOICE("stall", THEN(stall), points),
    [THEN_HOLD] = STRICT_CHOICE("hold", THEN(hold), holds),
    [THEN_HOLD_REQUESTS] = STRICT_UINT("hold_requests", THEN(hold_requests), 1, INT64_MAX),
    [THEN_HOLD_MAX] = STRICT_UINT("hold_max_ms", THEN(hold_max_ms), 1, FAULT_DELAY_MAX_MS),
    [THEN_DELAY] = STRICT_UINT("delay_ms", THEN(delay_ms), 0, FAULT_DELAY_MAX_MS),
    [THEN_REPLY_DELAY] = STRICT_UINT("reply_delay_ms", THEN(reply_delay_ms), 0, FAULT_DELAY_MAX_MS),
    [THEN_TRUNCATE] = STRICT_UINT("truncate_at", THEN(truncate_at), 0, FAULT_OFFSET_MAX),
    [THEN_SHORTEN] = STRICT_UINT("shorten_to", THEN(shorten_to), 0, FAULT_OFFSET_MAX),
    [THEN_STALL_AT] = STRICT_UINT("stall_at", THEN(stall_at), 0, FAULT_OFFSET_MAX),
    [THEN_RATE] = STRICT_UINT("bytes_per_s", THEN(bytes_per_s), 1, FAULT_RATE_MAX),
    [THEN_CORRUPT_REPLY] =
        STRICT_UINT("corrupt_reply_byte", THEN(corrupt_reply_byte), 0, FAULT_OFFSET_MAX),
    [THEN_CORRUPT_STORED] =
        STRICT_UINT("corrupt_stored_byte", THEN(corrupt_stored_byte), 0, FAULT_OFFSET_MAX),
    [THEN_CLOSE_IDLE] = STRICT_BOOL("close_idle", THEN(close_idle)),
    [THEN_EXPIRE_TOKEN] = STRICT_BOOL("expire_token", THEN(expire_token)),
    [THEN_LISTING] = STRICT_CHOICE("listing", THEN(listing), listings),
    [THEN_PAGE_KEYS] = STRICT_UINT("page_keys", THEN(page_keys), 1, 1000),
    [THEN_SOURCE] = STRICT_CHOICE("source", THEN(source), sources),
    [THEN_CLOCK_SKEW] = STRICT_INT("clock_skew_s", THEN(clock_skew_s), FAULT_SKEW_MAX_S),
    [THEN_FIELDS] = STRICT_END,
};
_Static_assert(THEN_FIELDS <= STRICT_FIELDS_MAX, "one bit a field");

#define BIT(f) (UINT64_C(1) << (f))
#define EXCLUSIVE                                                                                  \
    (BIT(THEN_STATUS) | BIT(THEN_RESET) | BIT(THEN_CLOSE) | BIT(THEN_STALL) | BIT(THEN_HOLD) |     \
     BIT(THEN_EXPIRE_TOKEN) | BIT(THEN_CLOCK_SKEW))

/* Reading */

static bool names_an_operation(const char *glob)
{
    const char *name;
    for (unsigned i = 0; (name = s3_server_operation_name(i)) != NULL; i++)
        if (fault_glob_matches(glob, name))
            return true;
    return false;
}

static enum status when_read(const json_t *object, const char *where, struct fault_when *when,
                             struct error *err)
{
    char shown[STRICT_SHOWN_SIZE];
    *when = (struct fault_when){.probability = 1};
    const enum status status = strict_read(object, where, when_fields, when, NULL, err);
    if (status != STATUS_OK)
        return status;
    if (when->nth != 0 && when->every != 0)
        return error_set(err, STATUS_INVALID, "%s: \"nth\" and \"every\" cannot both be given",
                         where);
    if (when->operation != NULL && !names_an_operation(when->operation))
        return error_set(err, STATUS_INVALID,
                         "%s: \"operation\" must be or match the name of an S3 operation that the "
                         "server has, such as GetObject, PutObject or ListObjects*: \"%s\" "
                         "matches none",
                         where, strict_shown(when->operation, shown));
    return STATUS_OK;
}

/* S3's usual code for a status; NULL where there is none. */
static const char *usual_code(uint64_t status)
{
    switch (status) {
    case 200:
    case 500:
        return "InternalError";
    case 400:
        return "InvalidRequest";
    case 403:
        return "AccessDenied";
    case 404:
        return "NoSuchKey";
    case 409:
        return "ConditionalRequestConflict";
    case 412:
        return "PreconditionFailed";
    case 429:
    case 503:
        return "SlowDown";
    default:
        return NULL;
    }
}

/* Fields that mean nothing, or contradict each other, are refused. */
static enum status then_check(const struct fault_then *then, uint64_t given, const char *where,
                              struct error *err)
{
    static const struct {
        enum then_field field, needs;
    } needs[] = {
        {THEN_CODE, THEN_STATUS},          {THEN_MESSAGE, THEN_STATUS},
        {THEN_BODY, THEN_STATUS},          {THEN_RETRY_AFTER, THEN_STATUS},
        {THEN_LEADING_SPACE, THEN_STATUS}, {THEN_APPLIED, THEN_STATUS},
        {THEN_HOLD_REQUESTS, THEN_HOLD},   {THEN_HOLD_MAX, THEN_HOLD},
    };
    if (given == 0)
        return error_set(err, STATUS_INVALID, "%s: it does nothing; name a fault, such as status",
                         where);
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if ((given & BIT(needs[i].field)) != 0 && (given & BIT(needs[i].needs)) == 0)
            return error_set(err, STATUS_INVALID, "%s: \"%s\" is only allowed with \"%s\"", where,
                             then_fields[needs[i].field].name, then_fields[needs[i].needs].name);
    const uint64_t exclusive = given & EXCLUSIVE;
    if ((exclusive & (exclusive - 1)) != 0)
        return error_set(err, STATUS_INVALID,
                         "%s: only one of status, reset, close, stall, hold, expire_token and "
                         "clock_skew_s is allowed in a rule",
                         where);
    if ((given & BIT(THEN_CLOCK_SKEW)) != 0 &&
        (given != BIT(THEN_CLOCK_SKEW) || then->clock_skew_s == 0))
        return error_set(err, STATUS_INVALID, "%s: \"clock_skew_s\" must stand alone and not be 0",
                         where);
    if ((then->hold == FAULT_HOLD_FOR_REQUESTS) != (then->hold_requests != 0))
        return error_set(err, STATUS_INVALID,
                         "%s: \"hold_requests\" goes with \"hold\": \"for_requests\"", where);
    if (then->status != 0 && then->body == NULL && then->code == NULL && then->status >= 200 &&
        then->status != 204 && then->status != 304 && usual_code(then->status) == NULL)
        return error_set(err, STATUS_INVALID, "%s: \"code\" is needed with status %" PRIu64, where,
                         then->status);
    return STATUS_OK;
}

static enum status then_read(const json_t *object, const char *where, struct fault_then *then,
                             struct error *err)
{
    uint64_t given = 0;
    *then = (struct fault_then){.retry_after_s = UINT64_MAX,
                                .hold_max_ms = FAULT_HOLD_MS,
                                .truncate_at = UINT64_MAX,
                                .shorten_to = UINT64_MAX,
                                .stall_at = UINT64_MAX,
                                .corrupt_reply_byte = UINT64_MAX,
                                .corrupt_stored_byte = UINT64_MAX};
    enum status status = strict_read(object, where, then_fields, then, &given, err);
    if (status == STATUS_OK)
        status = then_check(then, given, where, err);
    if (status == STATUS_OK && then->status != 0 && then->code == NULL)
        then->code = usual_code(then->status);
    return status;
}

struct rule_texts {
    const char *name;
    const json_t *when, *then;
};

static enum status rule_read(const json_t *object, size_t number, struct fault_rule *rule,
                             struct error *err)
{
    static const struct strict_field fields[] = {
        STRICT_TEXT("name", offsetof(struct rule_texts, name), 1, FAULT_NAME_MAX),
        STRICT_NESTED("when", offsetof(struct rule_texts, when)),
        STRICT_NESTED("then", offsetof(struct rule_texts, then)),
        STRICT_END,
    };
    struct rule_texts texts = {.name = NULL};
    char where[32];
    *rule = (struct fault_rule){.number = number, .when.probability = 1};
    snprintf(where, sizeof where, "rule %zu", number);
    enum status status = strict_read(object, where, fields, &texts, NULL, err);
    if (status != STATUS_OK)
        return status;
    if (texts.then == NULL)
        return error_set(err, STATUS_INVALID, "%s: \"then\" is missing: what to do", where);
    snprintf(rule->label, sizeof rule->label, "%s", texts.name != NULL ? texts.name : where);
    snprintf(where, sizeof where, "rule %zu: when", number);
    if (texts.when != NULL)
        status = when_read(texts.when, where, &rule->when, err);
    snprintf(where, sizeof where, "rule %zu: then", number);
    if (status == STATUS_OK)
        status = then_read(texts.then, where, &rule->then, err);
    rule->early = rule->then.clock_skew_s != 0;
    return status;
}

static enum status rules_read(json_t *root, struct fault_rules **out, struct error *err)
{
    static const struct strict_field fields[] = {STRICT_NESTED("faults", 0), STRICT_END};
    const json_t *list = NULL;
    enum status status = strict_read(root, "the document", fields, &list, NULL, err);
    if (status != STATUS_OK)
        return status;
    if (!json_is_array(list))
        return error_set(err, STATUS_INVALID, "\"faults\" must be there, and an array of rules");
    const size_t count = json_array_size(list);
    if (count > FAULT_RULES_MAX)
        return error_set(err, STATUS_LIMIT, "%zu rules are more than %d", count, FAULT_RULES_MAX);
    struct fault_rules *rules = calloc(1, sizeof *rules + count * sizeof rules->rules[0]);
    if (rules == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for %zu rules", count);
    rules->count = count;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = rule_read(json_array_get(list, i), i + 1, &rules->rules[i], err);
    if (status != STATUS_OK) {
        free(rules);
        return status;
    }
    *out = rules;
    return STATUS_OK;
}

enum status fault_rules_parse(const char *text, size_t len, struct fault_rules **out,
                              struct error *err)
{
    json_t *root = NULL;
    enum status status = strict_parse(text, len, &root, err);
    if (status != STATUS_OK)
        return status;
    status = rules_read(root, out, err);
    if (status == STATUS_OK)
        (*out)->root = root;
    else
        json_decref(root);
    return status;
}

void fault_rules_free(struct fault_rules *rules)
{
    if (rules == NULL)
        return;
    json_decref(rules->root);
    free(rules);
}

size_t fault_rules_count(const struct fault_rules *rules)
{
    return rules->count;
}

const struct fault_rule *fault_rules_at(const struct fault_rules *rules, size_t index)
{
    return index < rules->count ? &rules->rules[index] : NULL;
}

/* Matching */

/* Linear in practice and never recursive: after a mismatch only the last '*' is tried again. */
bool fault_glob_matches(const char *glob, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text != '\0') {
        const bool escaped = glob[0] == '\\' && glob[1] != '\0';
        if (*glob == '*') {
            star = ++glob;
            resume = text;
        } else if (escaped ? glob[1] == *text : *glob == '?' || *glob == *text) {
            glob += escaped ? 2 : 1;
            text++;
        } else if (star != NULL) {
            glob = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}

static bool fits(const char *glob, const char *text)
{
    return glob == NULL || fault_glob_matches(glob, text);
}

static bool selects(const struct fault_rule *rule, const struct fault_subject *s)
{
    const struct fault_when *when = &rule->when;
    return fits(when->operation, s->operation) && fits(when->bucket, s->bucket) &&
           fits(when->key, s->key) && fits(when->access_key, s->access_key_id) &&
           (when->attempt == 0 || when->attempt == s->attempt) &&
           (when->part_number == 0 || when->part_number == s->part_number) &&
           (!rule->then.expire_token || s->has_token);
}

static bool is_drawn(const struct fault_rule *rule, const struct fault_subject *s)
{
    if (rule->when.probability >= 1)
        return true;
    /* Each rule, operation and attempt has a draw of its own. */
    const uint64_t salt = rng_mix(rule->number << 32 | s->attempt);
    const uint64_t named = rng_hash(s->seed ^ salt, s->operation, strlen(s->operation));
    const uint64_t drawn = rng_mix(rng_hash(named, s->identity, s->identity_len));
    return (double)(drawn >> 11) * 0x1p-53 < rule->when.probability;
}

static bool fires(const struct fault_rule *rule, const struct fault_count *count,
                  const struct fault_subject *s)
{
    const struct fault_when *when = &rule->when;
    return (when->nth == 0 || when->nth == count->seen) &&
           (when->every == 0 || count->seen % when->every == 0) &&
           (when->times == 0 || count->fired < when->times) && is_drawn(rule, s);
}

const struct fault_rule *fault_rules_match(const struct fault_rules *rules,
                                           struct fault_count *counts,
                                           const struct fault_subject *subject,
                                           enum fault_pass pass)
{
    const struct fault_rule *found = NULL;
    for (size_t i = 0; i < rules->count; i++) {
        const struct fault_rule *rule = &rules->rules[i];
        if (rule->early != (pass == FAULT_PASS_EARLY) || !selects(rule, subject))
            continue;
        counts[i].seen++;
        if (found != NULL || !fires(rule, &counts[i], subject))
            continue;
        counts[i].fired++;
        found = rule;
    }
    return found;
}
