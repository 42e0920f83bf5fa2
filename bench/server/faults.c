/* SPDX-License-Identifier: MIT */
/* faults - see faults.h. */
#include "bench/server/faults.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/server/fault_listing.h"
#include "bench/server/fault_rules.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/base/rng.h"
#include "lib/s3/xml.h"

#define EXPIRED_TOKENS_MAX 64
#define SOURCE_BYTES_MAX   (64u << 20)
#define ACCESS_KEY_MAX     128

struct faults {
    const struct fault_rules *rules;
    struct fault_count *counts;
    uint64_t expired[EXPIRED_TOKENS_MAX]; /* hashes; the oldest is forgotten */
    size_t expired_count;
};

struct faults *faults_new(const struct fault_rules *rules)
{
    struct faults *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->rules = rules;
    f->counts = calloc(fault_rules_count(rules) + 1, sizeof *f->counts);
    if (f->counts == NULL) {
        free(f);
        return NULL;
    }
    return f;
}

void faults_free(struct faults *f)
{
    if (f == NULL)
        return;
    free(f->counts);
    free(f);
}

/* Which rule */

/* As the client names itself: nothing is verified yet. */
static void claimed_key(const struct request *r, char out[ACCESS_KEY_MAX])
{
    const char *header = request_header(r, "authorization");
    const char *found = header != NULL ? strstr(header, "Credential=") : NULL;
    const char *id =
        found != NULL ? found + strlen("Credential=") : request_text(r, "X-Amz-Credential");
    size_t len = strcspn(id, "/, ");
    if (len >= ACCESS_KEY_MAX)
        len = ACCESS_KEY_MAX - 1;
    memcpy(out, id, len);
    out[len] = '\0';
}

static const char *session_token(const struct request *r)
{
    const char *header = request_header(r, "x-amz-security-token");
    return header != NULL ? header : request_param(r, "X-Amz-Security-Token");
}

static struct fault_subject subject_of(const struct request *r, const char *access_key_id,
                                       uint64_t seed, const struct buf *identity)
{
    return (struct fault_subject){.operation = r->shown.operation,
                                  .bucket = r->shown.bucket,
                                  .key = r->shown.key,
                                  .access_key_id = access_key_id,
                                  .attempt = r->shown.attempt,
                                  .part_number = r->shown.part_number,
                                  .has_token = session_token(r) != NULL,
                                  .seed = seed,
                                  .identity = identity->data,
                                  .identity_len = identity->len};
}

void faults_early(struct faults *f, struct request *r, uint64_t seed, const struct buf *identity)
{
    char key[ACCESS_KEY_MAX];
    claimed_key(r, key);
    const struct fault_subject subject = subject_of(r, key, seed, identity);
    const struct fault_rule *rule =
        fault_rules_match(f->rules, f->counts, &subject, FAULT_PASS_EARLY);
    if (rule == NULL)
        return;
    r->clock_shift_s = rule->then.clock_skew_s;
    r->fault_name = rule->label;
}

static uint64_t token_hash(const char *token)
{
    return rng_hash(1, token, strlen(token));
}

static bool token_expired(const struct faults *f, const char *token)
{
    const uint64_t hash = token_hash(token);
    const size_t n = f->expired_count < EXPIRED_TOKENS_MAX ? f->expired_count : EXPIRED_TOKENS_MAX;
    for (size_t i = 0; i < n; i++)
        if (f->expired[i] == hash)
            return true;
    return false;
}

static enum s3_server_action action_at(const struct fault_then *then, enum fault_point point)
{
    if (then->reset == (int)point)
        return S3_SERVER_RESET;
    if (then->close == (int)point)
        return S3_SERVER_DISCONNECT;
    if (then->stall == (int)point)
        return S3_SERVER_STALL;
    return S3_SERVER_GO_ON;
}

enum s3_server_action faults_arrived(struct faults *f, struct request *r, uint64_t seed,
                                     const struct buf *identity)
{
    const char *token = session_token(r);
    const struct fault_subject subject = subject_of(r, r->shown.access_key_id, seed, identity);
    const struct fault_rule *rule =
        fault_rules_match(f->rules, f->counts, &subject, FAULT_PASS_MAIN);
    if (rule != NULL) {
        r->fault = rule;
        r->fault_name = rule->label;
        if (rule->then.expire_token)
            f->expired[f->expired_count++ % EXPIRED_TOKENS_MAX] = token_hash(token);
    }
    if (token != NULL && token_expired(f, token)) {
        r->refused = CODE_EXPIRED_TOKEN;
        r->fault_name = r->fault_name[0] != '\0' ? r->fault_name : "expired token";
        return S3_SERVER_GO_ON;
    }
    return rule != NULL ? action_at(&rule->then, FAULT_BEFORE_READING) : S3_SERVER_GO_ON;
}

/* Before it is applied */

/* Another object, of the same size where it can be, under the key that the client has seen. */
static void source_replace(struct s3_server *s, const char *bucket, const char *key)
{
    struct buf content;
    buf_init(&content, SOURCE_BYTES_MAX);
    const enum status status = s3_server_get(s, bucket, key, &content, NULL);
    if (status == STATUS_OK && content.len > 0)
        content.data[0] = (char)(content.data[0] ^ 0x55);
    else if (status != STATUS_NOT_FOUND)
        buf_append_str(&content, "another object");
    if (status != STATUS_NOT_FOUND)
        (void)!s3_server_put(s, bucket, key, content.data, content.len, NULL, NULL);
    buf_release(&content);
}

/* The object that the request reads: its own, or that of x-amz-copy-source. */
static void source_change(struct request *r, enum fault_source kind)
{
    const char *copy = request_header(r, "x-amz-copy-source");
    const char *bucket = r->where.bucket, *key = r->where.key;
    struct buf decoded;
    buf_init(&decoded, REQUEST_TARGET_MAX);
    if (copy != NULL) {
        copy += copy[0] == '/';
        if (uri_decode(&decoded, copy, strcspn(copy, "?"), 1, NULL) == STATUS_OK &&
            decoded.len > 0 && strchr(decoded.data, '/') != NULL) {
            char *slash = strchr(decoded.data, '/');
            *slash = '\0';
            bucket = decoded.data;
            key = slash + 1;
        }
    }
    if (key[0] != '\0' && kind == FAULT_SOURCE_REPLACED)
        source_replace(r->server, bucket, key);
    else if (key[0] != '\0')
        (void)!s3_server_remove(r->server, bucket, key, NULL);
    buf_release(&decoded);
}

/* After the digests were taken: what is stored is not what its ETag says. */
static void corrupt_stored(struct request *r, uint64_t at)
{
    struct chunk *chunk = r->body.chunk;
    if (chunk != NULL && at < chunk->size)
        chunk->data[at] = (unsigned char)~chunk->data[at];
}

static void reply_as_told(struct request *r, const struct fault_then *then)
{
    struct buf *b = &r->reply.shown.body;
    reply_clear(r);
    r->reply.shown.status = (int)then->status;
    const bool empty = then->status == 204 || then->status == 304;
    if (then->body == NULL && !empty)
        reply_error_named(r, (int)then->status, then->code, then->message);
    else if (!empty)
        reply_header(r, "Content-Type", "application/xml");
    if (then->retry_after_s != UINT64_MAX)
        buf_printf(&r->reply.shown.headers, "Retry-After: %" PRIu64 "\n", then->retry_after_s);
    if (empty)
        return;
    if (then->body == NULL && then->leading_space == 0)
        return;
    struct buf document = *b;
    buf_init(b, document.max);
    for (uint64_t i = 0; i < then->leading_space; i++)
        buf_append_char(b, i % 80 == 79 ? '\n' : ' ');
    /* White space before an XML declaration would not be XML. */
    const char *error = document.len > 0 ? strstr(document.data, "<Error>") : NULL;
    buf_append_str(b, then->body != NULL ? then->body : error != NULL ? error : document.data);
    buf_release(&document);
}

/* What does not depend on whether it is applied. */
static void shape_reply(struct s3_server_reply *shown, const struct fault_then *then)
{
    shown->cut_after = then->truncate_at;
    shown->stall_after = then->stall_at;
    shown->corrupt_at = then->corrupt_reply_byte;
    shown->shorten_to = then->shorten_to;
    shown->bytes_per_s = then->bytes_per_s;
    shown->close_idle = then->close_idle;
    shown->page_keys = then->page_keys;
    shown->delay_ms = (int64_t)then->delay_ms;
    shown->extra_delay_ms = (int64_t)then->reply_delay_ms;
    shown->hold_requests = then->hold_requests;
    shown->hold_max_ms = then->hold != FAULT_HOLD_NONE ? (int64_t)then->hold_max_ms : 0;
}

enum s3_server_action faults_before(struct request *r)
{
    if (r->fault == NULL)
        return S3_SERVER_GO_ON;
    const struct fault_then *then = &r->fault->then;
    shape_reply(&r->reply.shown, then);
    if (then->source != FAULT_SOURCE_NONE)
        source_change(r, then->source);
    if (then->corrupt_stored_byte != UINT64_MAX)
        corrupt_stored(r, then->corrupt_stored_byte);
    if (then->status != 0 && !then->applied) {
        reply_as_told(r, then);
        return S3_SERVER_REPLY;
    }
    if (then->hold == FAULT_HOLD_UNTIL_GONE)
        return S3_SERVER_HOLD_UNTIL_GONE;
    if (then->hold == FAULT_HOLD_FOR_REQUESTS)
        return S3_SERVER_HOLD_REQUESTS;
    return action_at(then, FAULT_BEFORE_APPLYING);
}

/* After */

enum s3_server_action faults_after(struct request *r)
{
    if (r->fault == NULL)
        return S3_SERVER_GO_ON;
    const struct fault_then *then = &r->fault->then;
    if (then->listing != FAULT_LISTING_NONE)
        fault_listing_change(r, then->listing);
    if (then->status != 0 && then->applied)
        reply_as_told(r, then);
    return action_at(then, FAULT_AFTER_APPLYING);
}
