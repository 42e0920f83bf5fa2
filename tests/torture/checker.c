/* SPDX-License-Identifier: MIT */
/* checker - see checker.h. */
#include "tests/torture/checker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/torture/checker_store.h"
#include "tests/torture/manifest_view.h"

#define REPORT_MAX (1u << 20)
#define OUTPUT_MAX (64u << 20)
#define KEY_ROOM   1100

#define STATE_DIRECTORY "_compaction/"
#define LOG_DIRECTORY   STATE_DIRECTORY "log/"
#define PROBE           STATE_DIRECTORY "probe-"
#define MANIFEST_NAME   "manifest.state"

static const char *const names[INVARIANT_COUNT] = {
    [INVARIANT_BYTES_KEPT] = "lost bytes",
    [INVARIANT_ONE_OUTPUT] = "a source in two outputs",
    [INVARIANT_AS_NAMED] = "not what its manifest names",
    [INVARIANT_NOTHING_ELSE] = "something else changed",
    [INVARIANT_FINISHED] = "not finished",
    [INVARIANT_NO_UPLOADS] = "open uploads",
    [INVARIANT_CONVERGES] = "does not converge",
};

const char *invariant_name(enum invariant i)
{
    return names[i];
}

/* ---- the report ---- */

void checker_report_init(struct checker_report *r)
{
    memset(r->broken, 0, sizeof r->broken);
    buf_init(&r->text, REPORT_MAX);
}

void checker_report_release(struct checker_report *r)
{
    buf_release(&r->text);
}

unsigned checker_report_count(const struct checker_report *r)
{
    unsigned count = 0;
    for (int i = 0; i < INVARIANT_COUNT; i++)
        count += r->broken[i];
    return count;
}

void checker_break(struct checker_report *r, enum invariant i, const char *format, ...)
{
    va_list args;
    r->broken[i]++;
    buf_printf(&r->text, "%s: ", names[i]);
    va_start(args, format);
    buf_vprintf(&r->text, format, args);
    va_end(args);
    buf_append_char(&r->text, '\n');
}

/* ---- what is judged ---- */

struct judged {
    const struct ledger *ledger;
    const struct checker_scope *scope;
    struct store_copy store;
    unsigned *outputs; /* by version: the live ones that hold it */
    bool *named;       /* by stored object: a manifest names it */
    struct checker_report *report;
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with)
{
    const size_t len = strlen(text), tail = strlen(with);
    return len >= tail && strcmp(text + len - tail, with) == 0;
}

/* What follows `prefix` in the key; NULL when it is elsewhere. */
static const char *below(const char *key, const char *prefix)
{
    return begins(key, prefix) ? key + strlen(prefix) : NULL;
}

static bool is_probe(const struct checker_scope *scope, const char *key)
{
    const char *in_source = below(key, scope->source);
    const char *in_destination = below(key, scope->destination);
    return (in_source != NULL && begins(in_source, PROBE)) ||
           (in_destination != NULL && begins(in_destination, PROBE));
}

/* Whether a run may delete it. */
static bool is_selected(const struct checker_scope *scope, const char *key)
{
    const char *rest = below(key, scope->source);
    for (const char *const *d = scope->directories; rest != NULL && *d != NULL; d++)
        if (begins(rest, *d))
            return true;
    return false;
}

static bool holds(const struct stored *o, const void *data, size_t len)
{
    return o->data.len == len && memcmp(o->data.data, data, len) == 0;
}

/* ---- generations ---- */

/* A tombstone is empty, or an empty member of gzip; the sources that are joined here are not. */
static bool is_tombstone(const struct stored *output, const struct manifest_view *m)
{
    static const unsigned char gzip_magic[] = {0x1f, 0x8b};
    if (output->data.len == 0)
        return m->bytes > 0;
    return output->data.len == 20 && m->bytes != 20 &&
           memcmp(output->data.data, gzip_magic, sizeof gzip_magic) == 0;
}

/* The state of `name`, such as "done-abandoned", in the log beside a manifest; any that begins so. */
static bool has_state(const struct judged *j, const char *manifest_key, const char *name)
{
    char key[KEY_ROOM];
    snprintf(key, sizeof key, "%.*s%s", (int)(strlen(manifest_key) - strlen(MANIFEST_NAME)),
             manifest_key, name);
    for (size_t i = 0; i < j->store.count; i++)
        if (begins(j->store.items[i].key, key))
            return true;
    return false;
}

static void count_held(struct judged *j, const struct manifest_view *m, const char *key)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct ledger_version *v =
            ledger_find(j->ledger, m->entries[i].key, m->entries[i].etag);
        if (v == NULL)
            checker_break(j->report, INVARIANT_AS_NAMED, "%s names \"%s\" %s, which never was", key,
                          m->entries[i].key, m->entries[i].etag);
        else
            j->outputs[v - j->ledger->versions]++;
    }
}

static void judge_live(struct judged *j, const struct manifest_view *m, const char *key,
                       const struct stored *output)
{
    struct buf expected;
    bool known = true;
    buf_init(&expected, OUTPUT_MAX);
    for (size_t i = 0; i < m->count; i++) {
        const struct ledger_version *v =
            ledger_find(j->ledger, m->entries[i].key, m->entries[i].etag);
        known = known && v != NULL && v->len == m->entries[i].size;
        if (v != NULL)
            buf_append(&expected, v->data, v->len);
    }
    if (!known || !holds(output, expected.data, expected.len))
        checker_break(j->report, INVARIANT_AS_NAMED, "%s is not the concatenation that %s names",
                      output->key, key);
    else
        count_held(j, m, key);
    buf_release(&expected);
}

static void judge_markers(struct judged *j, const char *key, bool live)
{
    const bool kept = has_state(j, key, "done-kept-");
    const bool deleted = has_state(j, key, "done-deleted.state");
    const bool abandoned = has_state(j, key, "done-abandoned.state");
    const bool verified = has_state(j, key, "verified-");
    if (!kept && !deleted && !abandoned)
        checker_break(j->report, INVARIANT_FINISHED, "%s has no done marker", key);
    if (abandoned && (kept || deleted || verified))
        checker_break(j->report, INVARIANT_FINISHED, "%s is abandoned, and is not", key);
    if (abandoned && live)
        checker_break(j->report, INVARIANT_AS_NAMED, "%s is abandoned, and its output is there",
                      key);
    if ((kept || deleted || verified) && !live)
        checker_break(j->report, INVARIANT_AS_NAMED, "%s is verified, and its output is not there",
                      key);
    if (deleted && !has_state(j, key, "verified-read.state"))
        checker_break(j->report, INVARIANT_FINISHED, "the sources of %s were deleted unread", key);
}

static void judge_manifest(struct judged *j, const struct stored *state)
{
    struct manifest_view m;
    struct error err;
    if (manifest_view_parse(state->data.data, state->data.len, &m, &err) != STATUS_OK) {
        checker_break(j->report, INVARIANT_AS_NAMED, "%s: %s", state->key, err.text);
        return;
    }
    const struct stored *output = store_copy_find(&j->store, m.output);
    const bool abandoned = has_state(j, state->key, "done-abandoned.state");
    const bool live =
        output != NULL && !is_tombstone(output, &m) && !(abandoned && output->data.len == 0);
    if (output != NULL)
        j->named[output - j->store.items] = true;
    if (live)
        judge_live(j, &m, state->key, output);
    judge_markers(j, state->key, live);
    manifest_view_release(&m);
}

/* The generation before `key`'s must have a manifest as well. */
static void judge_order(struct judged *j, const char *key)
{
    char before[KEY_ROOM];
    const size_t stem = strlen(key) - strlen("00000." MANIFEST_NAME);
    const unsigned long number = strtoul(key + stem, NULL, 10);
    snprintf(before, sizeof before, "%.*s%05lu." MANIFEST_NAME, (int)stem, key, number - 1);
    if (number == 0 || (number > 1 && store_copy_find(&j->store, before) == NULL))
        checker_break(j->report, INVARIANT_FINISHED, "there is a gap before %s", key);
}

static void judge_generations(struct judged *j)
{
    for (size_t i = 0; i < j->store.count; i++) {
        const struct stored *o = &j->store.items[i];
        const char *rest = below(o->key, j->scope->destination);
        if (rest == NULL || !begins(rest, LOG_DIRECTORY) || !ends(o->key, "." MANIFEST_NAME))
            continue;
        judge_order(j, o->key);
        judge_manifest(j, o);
    }
}

/* ---- the rest ---- */

static void judge_versions(struct judged *j)
{
    for (size_t i = 0; i < j->ledger->count; i++) {
        const struct ledger_version *v = &j->ledger->versions[i];
        const struct stored *there = store_copy_find(&j->store, v->key);
        const bool stands = there != NULL && holds(there, v->data, v->len);
        if (j->outputs[i] > 1)
            checker_break(j->report, INVARIANT_ONE_OUTPUT, "\"%s\" %s is in %u", v->key, v->etag,
                          j->outputs[i]);
        if (v->owed && !stands && j->outputs[i] == 0)
            checker_break(j->report, INVARIANT_BYTES_KEPT,
                          "\"%s\" %s is neither a source nor in an output", v->key, v->etag);
        if (v->latest && !stands && !is_selected(j->scope, v->key))
            checker_break(j->report, INVARIANT_NOTHING_ELSE, "\"%s\" is no source, and is gone",
                          v->key);
    }
}

static void judge_destination_key(struct judged *j, size_t index, const char *rest)
{
    const char *key = j->store.items[index].key;
    if (begins(rest, LOG_DIRECTORY) ? ends(rest, ".state")
                                    : strcmp(rest, STATE_DIRECTORY "config.state") == 0)
        return;
    if (begins(rest, STATE_DIRECTORY))
        checker_break(j->report, INVARIANT_NOTHING_ELSE, "\"%s\" does not belong there", key);
    else if (!j->named[index])
        checker_break(j->report, INVARIANT_AS_NAMED, "no manifest names the output \"%s\"", key);
}

static void judge_keys(struct judged *j)
{
    for (size_t i = 0; i < j->store.count; i++) {
        const struct stored *o = &j->store.items[i];
        const char *rest = below(o->key, j->scope->destination);
        if (is_probe(j->scope, o->key))
            continue;
        if (rest != NULL) {
            judge_destination_key(j, i, rest);
            continue;
        }
        const struct ledger_version *v = ledger_latest(j->ledger, o->key);
        if (v == NULL || !holds(o, v->data, v->len))
            checker_break(j->report, INVARIANT_NOTHING_ELSE, "\"%s\" is not what the test wrote",
                          o->key);
    }
}

static void judge_uploads(struct s3_server *server, struct checker_report *report)
{
    struct s3_server_stats stats;
    s3_server_stats(server, &stats);
    if (stats.open_uploads > 0)
        checker_break(report, INVARIANT_NO_UPLOADS, "%d", (int)stats.open_uploads);
}

void checker_judge(struct s3_server *server, const struct ledger *ledger,
                   const struct checker_scope *scope, struct checker_report *report)
{
    struct judged j = {.ledger = ledger, .scope = scope, .report = report};
    store_copy_take(server, scope->bucket, &j.store);
    j.outputs = calloc(ledger->count + 1, sizeof *j.outputs);
    j.named = calloc(j.store.count + 1, sizeof *j.named);
    if (j.outputs == NULL || j.named == NULL) {
        fprintf(stderr, "torture: out of memory\n");
        exit(EXIT_FAILURE);
    }
    judge_generations(&j);
    judge_versions(&j);
    judge_keys(&j);
    judge_uploads(server, report);
    free(j.outputs);
    free(j.named);
    store_copy_release(&j.store);
}

/* ---- plain mode ---- */

/* "2024/01/14/" below "out/" as plain mode names it: "out/2024/01/14/out-2024-01-14". */
static void plain_stem(const struct checker_scope *scope, const char *directory, char *out,
                       size_t room)
{
    char name[KEY_ROOM];
    snprintf(name, sizeof name, "%s%s", scope->destination, directory);
    name[strlen(name) - 1] = '\0';
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '/' ? '-' : *c;
    snprintf(out, room, "%s%s%s.", scope->destination, directory, name);
}

static void judge_plain_directory(const struct store_copy *store, const struct checker_scope *scope,
                                  const char *directory, bool may_lack,
                                  struct checker_report *report)
{
    char prefix[KEY_ROOM];
    char stem[2 * KEY_ROOM];
    struct buf expected;
    const struct stored *output = NULL;
    buf_init(&expected, OUTPUT_MAX);
    snprintf(prefix, sizeof prefix, "%s%s", scope->source, directory);
    plain_stem(scope, directory, stem, sizeof stem);
    for (size_t i = 0; i < store->count; i++) {
        const struct stored *o = &store->items[i];
        if (begins(o->key, prefix))
            buf_append(&expected, o->data.data, o->data.len);
        if (begins(o->key, stem))
            output = o;
    }
    if (output == NULL && !may_lack)
        checker_break(report, INVARIANT_AS_NAMED, "there is no output %s*", stem);
    if (output != NULL && !holds(output, expected.data, expected.len))
        checker_break(report, INVARIANT_AS_NAMED, "%s is not what its sources hold", output->key);
    buf_release(&expected);
}

void checker_judge_plain(struct s3_server *server, const struct ledger *ledger,
                         const struct checker_scope *scope, bool may_lack,
                         struct checker_report *report)
{
    struct store_copy store;
    size_t outputs = 0;
    store_copy_take(server, scope->bucket, &store);
    for (const char *const *d = scope->directories; *d != NULL; d++)
        judge_plain_directory(&store, scope, *d, may_lack, report);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_version *v = &ledger->versions[i];
        const struct stored *o = store_copy_find(&store, v->key);
        if (v->latest && v->owed && (o == NULL || !holds(o, v->data, v->len)))
            checker_break(report, INVARIANT_BYTES_KEPT, "\"%s\" is not there any more", v->key);
    }
    for (size_t i = 0; i < store.count; i++) {
        const char *key = store.items[i].key;
        outputs += begins(key, scope->destination);
        if (!begins(key, scope->destination) && ledger_latest(ledger, key) == NULL)
            checker_break(report, INVARIANT_NOTHING_ELSE, "\"%s\" does not belong there", key);
    }
    for (const char *const *d = scope->directories; *d != NULL && outputs > 0; d++)
        outputs--;
    if (outputs > 0)
        checker_break(report, INVARIANT_NOTHING_ELSE, "%d outputs too many", (int)outputs);
    store_copy_release(&store);
}

/* ---- convergence ---- */

void checker_snapshot(struct s3_server *server, const struct checker_scope *scope, struct buf *out)
{
    struct store_copy store;
    store_copy_take(server, scope->bucket, &store);
    for (size_t i = 0; i < store.count; i++) {
        uint8_t digest[MD5_SIZE];
        const struct stored *o = &store.items[i];
        if (is_probe(scope, o->key))
            continue;
        md5(o->data.data, o->data.len, digest);
        buf_append_hex(out, digest, sizeof digest);
        buf_printf(out, " %s\n", o->key);
    }
    store_copy_release(&store);
}

static void say_what_is_new(const struct buf *old, const struct buf *new, const char *what,
                            struct checker_report *report)
{
    for (const char *line = new->data; *line != '\0';) {
        const size_t len = strcspn(line, "\n") + 1;
        bool there = false;
        for (const char *o = old->data; *o != '\0' && !there; o += strcspn(o, "\n") + 1)
            there = strncmp(o, line, len) == 0;
        if (!there)
            checker_break(report, INVARIANT_CONVERGES, "%s %.*s", what, (int)len - 1, line);
        line += len;
    }
}

void checker_compare(const struct buf *before, const struct buf *after,
                     struct checker_report *report)
{
    say_what_is_new(before, after, "new:", report);
    say_what_is_new(after, before, "gone:", report);
}
