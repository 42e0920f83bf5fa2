/* SPDX-License-Identifier: MIT */
/*
 * auth - reads the claim (who signed what, when), builds what should have been signed, compares.
 */
#include "bench/server/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/server/auth_claim.h"
#include "bench/server/auth_v2.h"
#include "lib/s3/uri.h"

#define CANONICAL_MAX    (256u << 10)
#define PAYLOAD_HEADER   "x-amz-content-sha256"
#define SIGNATURE_LENGTH (SIGV4_SIGNATURE_SIZE - 1)

struct auth_key {
    char *id;
    char *secret;
    char *token;              /* of the session; NULL: any, or none */
    struct sigv4_key derived; /* of the last day it was used on */
};

struct auth {
    struct auth_key *keys;
    size_t count;
    char *region;
    struct buf path, query, canonical, to_sign, names, text; /* scratch */
};

static void key_release(struct auth_key *k)
{
    free(k->id);
    if (k->secret != NULL)
        cleanse(k->secret, strlen(k->secret));
    free(k->secret);
    free(k->token);
    sigv4_key_release(&k->derived);
}

void auth_free(struct auth *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->count; i++)
        key_release(&a->keys[i]);
    free(a->keys);
    free(a->region);
    struct buf *scratch[] = {&a->path, &a->query, &a->canonical, &a->to_sign, &a->names, &a->text};
    for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++)
        buf_release(scratch[i]);
    free(a);
}

struct auth *auth_new(const struct s3_server_key *keys, size_t count, const char *region)
{
    struct auth *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    struct buf *scratch[] = {&a->path, &a->query, &a->canonical, &a->to_sign, &a->names, &a->text};
    for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++)
        buf_init(scratch[i], CANONICAL_MAX);
    a->keys = calloc(count + 1, sizeof *a->keys);
    a->region = strdup(region);
    bool complete = a->keys != NULL && a->region != NULL;
    for (size_t i = 0; complete && i < count; i++) {
        a->keys[i].id = strdup(keys[i].access_key_id);
        a->keys[i].secret = strdup(keys[i].secret_access_key);
        if (keys[i].session_token != NULL)
            a->keys[i].token = strdup(keys[i].session_token);
        a->count++;
        complete = a->keys[i].id != NULL && a->keys[i].secret != NULL &&
                   (a->keys[i].token != NULL) == (keys[i].session_token != NULL);
    }
    if (!complete) {
        auth_free(a);
        return NULL;
    }
    return a;
}

static bool name_is(const char *text, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(text, name, len) == 0;
}

static struct auth_key *key_find(struct auth *a, const char *id)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->keys[i].id, id) == 0)
            return &a->keys[i];
    return NULL;
}

static bool texts_equal(const char *a, const char *b)
{
    const size_t len = strlen(a);
    return len == strlen(b) && equal_constant_time(a, b, len);
}

/* A temporary key without its token is as good as unknown. */
static enum code check_token(const struct auth_key *key, const struct auth_claim *c)
{
    if (key->token == NULL)
        return CODE_NONE;
    if (c->session_token == NULL || c->session_token[0] == '\0')
        return CODE_INVALID_ACCESS_KEY_ID;
    return texts_equal(c->session_token, key->token) ? CODE_NONE : CODE_INVALID_TOKEN;
}

/* Whether "host;x-amz-date" names a header. */
static bool list_has(const char *list, const char *name)
{
    const size_t len = strlen(name);
    for (const char *p = list; *p != '\0';) {
        const size_t n = strcspn(p, ";");
        if (n == len && strncasecmp(p, name, n) == 0)
            return true;
        p += n + (p[n] == ';');
    }
    return false;
}

/* A presigned request may say what its payload is, though it signs nothing of it. */
static bool must_be_signed(const struct auth_claim *c, const char *header)
{
    return strncasecmp(header, "x-amz-", 6) == 0 &&
           !(c->presigned && strcasecmp(header, PAYLOAD_HEADER) == 0);
}

/* The names of all that are not signed, as S3 lists them: "x-amz-acl, x-amz-tagging". */
static void evidence_unsigned(struct auth *a, const struct auth_request *request,
                              const struct auth_claim *c, struct auth_result *result)
{
    struct buf *names = &a->names;
    buf_reset(names);
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        if (list_has(c->signed_headers, name) || !must_be_signed(c, name))
            continue;
        buf_append_str(names, names->len > 0 ? ", " : "");
        auth_append_lower(names, name, strlen(name));
    }
    auth_evidence(result, "HeadersNotSigned", names->data);
}

/* S3 wants host and every x-amz- header signed. Returns the signed ones; -1 when one is not. */
static int signed_headers(struct auth *a, const struct auth_request *request,
                          const struct auth_claim *c, struct sigv4_pair out[SIGV4_HEADERS_MAX],
                          struct auth_result *result)
{
    int count = 0;
    if (!list_has(c->signed_headers, "host") || request->header_count > SIGV4_HEADERS_MAX) {
        auth_evidence(result, "HeadersNotSigned", "host");
        return -1;
    }
    for (size_t i = 0; i < request->header_count; i++) {
        const struct sigv4_pair *h = &request->headers[i];
        if (list_has(c->signed_headers, h->name)) {
            out[count++] = *h;
        } else if (must_be_signed(c, h->name)) {
            evidence_unsigned(a, request, c, result);
            return -1;
        }
    }
    return count;
}

/* Decoded and encoded again: one text for all ways to write the same thing. */
static bool append_encoded(struct buf *out, struct buf *scratch, const char *text, size_t len,
                           int keep_slash)
{
    const size_t at = scratch->len;
    if (uri_is_encoded(text, len, keep_slash)) { /* as most are */
        buf_append(out, text, len);
        return true;
    }
    if (uri_decode(scratch, text, len, !keep_slash, NULL) != STATUS_OK)
        return false;
    uri_encode(out, scratch->data + at, scratch->len - at, keep_slash);
    buf_truncate(scratch, at);
    return true;
}

/* The query in S3's encoding, without the signature. */
static bool append_query(struct auth *a, const char *query, bool presigned)
{
    for (const char *p = query; *p != '\0';) {
        const size_t len = strcspn(p, "&");
        const char *equals = memchr(p, '=', len);
        const size_t name_len = equals != NULL ? (size_t)(equals - p) : len;
        if (len > 0 && !(presigned && name_is(p, name_len, "X-Amz-Signature"))) {
            if (a->query.len > 0)
                buf_append_char(&a->query, '&');
            if (!append_encoded(&a->query, &a->canonical, p, name_len, 0))
                return false;
            buf_append_char(&a->query, '=');
            if (equals != NULL &&
                !append_encoded(&a->query, &a->canonical, equals + 1, len - name_len - 1, 0))
                return false;
        }
        p += len + (p[len] == '&');
    }
    return true;
}

/* Recomputes the signature of the request. */
static bool sign(struct auth *a, const struct auth_request *request, const struct auth_claim *c,
                 const struct sigv4_pair *headers, size_t header_count, const char *payload,
                 struct auth_key *key, char out[SIGV4_SIGNATURE_SIZE])
{
    buf_reset(&a->path);
    buf_reset(&a->query);
    buf_reset(&a->canonical);
    buf_reset(&a->names);
    buf_reset(&a->to_sign);
    if (!append_encoded(&a->path, &a->canonical, request->path, strlen(request->path), 1) ||
        !append_query(a, request->query, c->presigned))
        return false;
    const struct sigv4_request canonical = {
        .method = request->method,
        .encoded_path = a->path.data,
        .encoded_query = a->query.data,
        .headers = headers,
        .header_count = header_count,
        .payload_sha256 = payload,
    };
    const struct sigv4_scope scope = {.unix_s = c->unix_s, .region = a->region, .service = "s3"};
    if (sigv4_canonical_request(&canonical, &a->canonical, &a->names, NULL) != STATUS_OK)
        return false;
    sigv4_string_to_sign(&scope, a->canonical.data, a->canonical.len, &a->to_sign);
    if (a->to_sign.failed != STATUS_OK)
        return false;
    if (!sigv4_key_fits(&key->derived, &scope))
        sigv4_key_derive(key->secret, &scope, &key->derived);
    sigv4_signature(&key->derived, a->to_sign.data, a->to_sign.len, out);
    return true;
}

/* What was computed, for whoever looks for the difference. */
static enum code refuse_signature(struct auth *a, const struct auth_claim *c,
                                  struct auth_result *result)
{
    auth_evidence(result, "AWSAccessKeyId", c->access_key_id);
    auth_evidence(result, "StringToSign", a->to_sign.data);
    auth_evidence(result, "SignatureProvided", c->signature);
    auth_evidence(result, "CanonicalRequest", a->canonical.data);
    return CODE_SIGNATURE_DOES_NOT_MATCH;
}

static enum code claim_verify(struct auth *a, const struct auth_request *request,
                              const struct auth_claim *c, struct auth_key *key,
                              struct auth_result *out)
{
    struct sigv4_pair headers[SIGV4_HEADERS_MAX];
    char signature[SIGV4_SIGNATURE_SIZE];
    const int count = signed_headers(a, request, c, headers, out);
    if (count < 0)
        return auth_refuse(out, CODE_ACCESS_DENIED,
                           "There were headers present in the request which were not signed");
    if (!sign(a, request, c, headers, (size_t)count, out->payload_sha256, key, signature))
        return CODE_SIGNATURE_DOES_NOT_MATCH;
    if (strlen(c->signature) != SIGNATURE_LENGTH ||
        !equal_constant_time(c->signature, signature, SIGNATURE_LENGTH))
        return refuse_signature(a, c, out);
    if (!c->presigned) {
        out->signature.key = &key->derived;
        out->signature.scope =
            (struct sigv4_scope){.unix_s = c->unix_s, .region = a->region, .service = "s3"};
        memcpy(out->signature.text, signature, sizeof signature);
    }
    return CODE_NONE;
}

static enum code claim_verify_v2(struct auth *a, const struct auth_request *request,
                                 const struct auth_claim *c, const struct auth_key *key,
                                 struct auth_result *out)
{
    char signature[AUTH_V2_SIGNATURE_SIZE];
    buf_reset(&a->to_sign);
    if (!auth_v2_string_to_sign(request, c, &a->to_sign))
        return CODE_SIGNATURE_DOES_NOT_MATCH;
    auth_v2_signature(key->secret, &a->to_sign, signature);
    if (texts_equal(c->signature, signature))
        return CODE_NONE;
    auth_evidence(out, "AWSAccessKeyId", c->access_key_id);
    auth_evidence(out, "StringToSign", a->to_sign.data);
    auth_evidence(out, "SignatureProvided", c->signature);
    return CODE_SIGNATURE_DOES_NOT_MATCH;
}

enum code auth_verify(struct auth *a, const struct auth_request *request, int64_t now_unix_s,
                      struct buf *evidence, struct auth_result *out)
{
    const char *payload = auth_header(request, PAYLOAD_HEADER);
    *out =
        (struct auth_result){.access_key_id = "",
                             .payload_sha256 = payload != NULL ? payload : SIGV4_UNSIGNED_PAYLOAD,
                             .evidence = evidence};
    if (a->count == 0)
        return CODE_NONE;
    if (!auth_claim_exists(request))
        return CODE_ACCESS_DENIED;
    struct auth_claim claim;
    enum code code = auth_claim_read(request, &a->text, a->region, &claim, out);
    if (code != CODE_NONE)
        return code;
    struct auth_key *key = key_find(a, claim.access_key_id);
    if (key != NULL)
        out->access_key_id = key->id;
    if (!claim.version_2 && (code = auth_claim_check_scope(&claim, a->region, out)) != CODE_NONE)
        return code;
    if (key == NULL || check_token(key, &claim) == CODE_INVALID_ACCESS_KEY_ID) {
        auth_evidence(out, "AWSAccessKeyId", claim.access_key_id);
        return CODE_INVALID_ACCESS_KEY_ID;
    }
    if ((code = check_token(key, &claim)) != CODE_NONE ||
        (code = auth_claim_check_time(&claim, now_unix_s, out)) != CODE_NONE)
        return code;
    return claim.version_2 ? claim_verify_v2(a, request, &claim, key, out)
                           : claim_verify(a, request, &claim, key, out);
}
