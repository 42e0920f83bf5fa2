/* SPDX-License-Identifier: MIT */
/*
 * auth - reads the claim (who signed what, when), builds what should have been signed, compares.
 */
#include "bench/server/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/date.h"
#include "lib/base/units.h"
#include "lib/s3/uri.h"

#define ALGORITHM        "AWS4-HMAC-SHA256"
#define CANONICAL_MAX    (256u << 10)
#define SIGNED_LIST_MAX  4096
#define PAYLOAD_HEADER   "x-amz-content-sha256"
#define SIGNATURE_LENGTH (SIGV4_SIGNATURE_SIZE - 1)

struct auth_key {
    char *id;
    char *secret;
    struct sigv4_key derived; /* of the last day it was used on */
};

struct auth {
    struct auth_key *keys;
    size_t count;
    char *region;
    struct buf path, query, canonical, to_sign, names, text; /* scratch */
};

/* What a request says of its signature. The pointers lead into auth.text. */
struct claim {
    char *access_key_id, *date, *region, *service, *terminator;
    char *signed_headers;
    char *signature;
    int64_t unix_s;
    uint64_t expires_s; /* 0: not presigned */
};

static void key_release(struct auth_key *k)
{
    free(k->id);
    if (k->secret != NULL)
        cleanse(k->secret, strlen(k->secret));
    free(k->secret);
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
        a->count++;
        complete = a->keys[i].id != NULL && a->keys[i].secret != NULL;
    }
    if (!complete) {
        auth_free(a);
        return NULL;
    }
    return a;
}

static const char *header_value(const struct auth_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static bool name_is(const char *text, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(text, name, len) == 0;
}

/* Cuts the text at the next separator; returns what stands before it. NULL once nothing is left. */
static char *cut(char **rest, char separator)
{
    char *start = *rest;
    if (start == NULL)
        return NULL;
    char *end = strchr(start, separator);
    if (end != NULL)
        *end++ = '\0';
    *rest = end;
    return start;
}

/* "AKID/20130524/us-east-1/s3/aws4_request" */
static bool claim_set_credential(struct claim *c, char *credential)
{
    char *rest = credential;
    c->access_key_id = cut(&rest, '/');
    c->date = cut(&rest, '/');
    c->region = cut(&rest, '/');
    c->service = cut(&rest, '/');
    c->terminator = rest;
    return c->terminator != NULL;
}

/* Reads "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...". */
static enum code claim_from_header(struct auth *a, const char *authorization,
                                   const struct auth_request *request, struct claim *c)
{
    if (strncmp(authorization, ALGORITHM, strlen(ALGORITHM)) != 0)
        return strncmp(authorization, "AWS ", 4) == 0 ? CODE_INVALID_REQUEST
                                                      : CODE_AUTHORIZATION_HEADER_MALFORMED;
    buf_reset(&a->text);
    buf_append_str(&a->text, authorization + strlen(ALGORITHM));
    if (a->text.failed != STATUS_OK)
        return CODE_AUTHORIZATION_HEADER_MALFORMED;
    char *rest = a->text.data;
    char *credential = NULL;
    for (char *field; (field = cut(&rest, ',')) != NULL;) {
        field += strspn(field, " \t");
        char *name = cut(&field, '=');
        if (field == NULL)
            return CODE_AUTHORIZATION_HEADER_MALFORMED;
        if (strcmp(name, "Credential") == 0)
            credential = field;
        else if (strcmp(name, "SignedHeaders") == 0)
            c->signed_headers = field;
        else if (strcmp(name, "Signature") == 0)
            c->signature = field;
    }
    if (credential == NULL || c->signed_headers == NULL || c->signature == NULL ||
        !claim_set_credential(c, credential))
        return CODE_AUTHORIZATION_HEADER_MALFORMED;
    const char *date = header_value(request, "x-amz-date");
    enum status dated;
    if (date != NULL)
        dated = date_parse_amz(date, &c->unix_s, NULL);
    else if ((date = header_value(request, "date")) != NULL)
        dated = date_parse_http(date, &c->unix_s, NULL);
    else
        dated = STATUS_INVALID;
    return dated == STATUS_OK ? CODE_NONE : CODE_ACCESS_DENIED;
}

/* The decoded value of a query parameter, kept in auth.text; NULL when it is not there. */
static char *query_value(struct auth *a, const char *query, const char *name)
{
    const size_t name_len = strlen(name);
    for (const char *p = query; *p != '\0';) {
        const size_t len = strcspn(p, "&");
        if (len > name_len && p[name_len] == '=' && memcmp(p, name, name_len) == 0) {
            const size_t at = a->text.len;
            if (uri_decode(&a->text, p + name_len + 1, len - name_len - 1, 1, NULL) != STATUS_OK)
                return NULL;
            buf_append_char(&a->text, '\0');
            return a->text.data + at;
        }
        p += len + (p[len] == '&');
    }
    return NULL;
}

static enum code claim_from_query(struct auth *a, const struct auth_request *request,
                                  struct claim *c)
{
    buf_reset(&a->text);
    /* All values fit beforehand, so that none moves. */
    if (buf_reserve(&a->text, strlen(request->query) + 16) == NULL)
        return CODE_AUTHORIZATION_QUERY_ERROR;
    char *credential = query_value(a, request->query, "X-Amz-Credential");
    const char *algorithm = query_value(a, request->query, "X-Amz-Algorithm");
    const char *date = query_value(a, request->query, "X-Amz-Date");
    const char *expires = query_value(a, request->query, "X-Amz-Expires");
    c->signed_headers = query_value(a, request->query, "X-Amz-SignedHeaders");
    c->signature = query_value(a, request->query, "X-Amz-Signature");
    if (credential == NULL || algorithm == NULL || date == NULL || expires == NULL ||
        c->signed_headers == NULL || c->signature == NULL || strcmp(algorithm, ALGORITHM) != 0 ||
        !claim_set_credential(c, credential) ||
        date_parse_amz(date, &c->unix_s, NULL) != STATUS_OK ||
        uint_parse(expires, 1, AUTH_EXPIRES_MAX_S, &c->expires_s, NULL) != STATUS_OK)
        return CODE_AUTHORIZATION_QUERY_ERROR;
    return CODE_NONE;
}

static enum code claim_check_time(const struct claim *c, int64_t now, struct auth_result *out)
{
    char stamp[17];
    date_format_amz(stamp, c->unix_s);
    if (strncmp(stamp, c->date, 8) != 0 || strlen(c->date) != 8) {
        snprintf(out->detail, sizeof out->detail,
                 "Invalid credential date: it differs from the date of the request.");
        return c->expires_s ? CODE_AUTHORIZATION_QUERY_ERROR : CODE_AUTHORIZATION_HEADER_MALFORMED;
    }
    if (c->expires_s == 0)
        return llabs((long long)(now - c->unix_s)) > AUTH_SKEW_MAX_S ? CODE_REQUEST_TIME_TOO_SKEWED
                                                                     : CODE_NONE;
    const char *why = NULL;
    if (now > c->unix_s + (int64_t)c->expires_s)
        why = "Request has expired";
    else if (c->unix_s > now + AUTH_SKEW_MAX_S)
        why = "Request is not yet valid";
    if (why == NULL)
        return CODE_NONE;
    snprintf(out->detail, sizeof out->detail, "%s", why);
    return CODE_ACCESS_DENIED;
}

static enum code claim_check_scope(const struct auth *a, const struct claim *c,
                                   struct auth_result *out)
{
    const enum code malformed =
        c->expires_s ? CODE_AUTHORIZATION_QUERY_ERROR : CODE_AUTHORIZATION_HEADER_MALFORMED;
    if (strcmp(c->service, "s3") != 0 || strcmp(c->terminator, "aws4_request") != 0)
        return malformed;
    if (strcmp(c->region, a->region) == 0)
        return CODE_NONE;
    snprintf(out->detail, sizeof out->detail,
             "The authorization header is malformed; the region is wrong; expecting '%.40s'",
             a->region);
    return malformed;
}

static struct auth_key *key_find(struct auth *a, const char *id)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->keys[i].id, id) == 0)
            return &a->keys[i];
    return NULL;
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

/* S3 wants host and every x-amz- header signed. Returns the signed ones; -1 when one is not. */
static int signed_headers(const struct auth_request *request, const struct claim *c,
                          struct sigv4_pair out[SIGV4_HEADERS_MAX])
{
    int count = 0;
    if (!list_has(c->signed_headers, "host") || request->header_count > SIGV4_HEADERS_MAX)
        return -1;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct sigv4_pair *h = &request->headers[i];
        if (list_has(c->signed_headers, h->name))
            out[count++] = *h;
        else if (strncasecmp(h->name, "x-amz-", 6) == 0 && c->expires_s == 0)
            return -1;
    }
    return count;
}

/* Decoded and encoded again: one text for all ways to write the same thing. */
static bool append_encoded(struct buf *out, struct buf *scratch, const char *text, size_t len,
                           int keep_slash)
{
    const size_t at = scratch->len;
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
static bool sign(struct auth *a, const struct auth_request *request, const struct claim *c,
                 const struct sigv4_pair *headers, size_t header_count, const char *payload,
                 struct auth_key *key, char out[SIGV4_SIGNATURE_SIZE])
{
    buf_reset(&a->path);
    buf_reset(&a->query);
    buf_reset(&a->canonical);
    buf_reset(&a->names);
    buf_reset(&a->to_sign);
    if (!append_encoded(&a->path, &a->canonical, request->path, strlen(request->path), 1) ||
        !append_query(a, request->query, c->expires_s != 0))
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

static enum code claim_verify(struct auth *a, const struct auth_request *request,
                              const struct claim *c, struct auth_key *key, struct auth_result *out)
{
    struct sigv4_pair headers[SIGV4_HEADERS_MAX];
    const int count = signed_headers(request, c, headers);
    if (count < 0) {
        snprintf(out->detail, sizeof out->detail,
                 "There were headers present in the request which were not signed");
        return CODE_ACCESS_DENIED;
    }
    char signature[SIGV4_SIGNATURE_SIZE];
    if (!sign(a, request, c, headers, (size_t)count, out->payload_sha256, key, signature))
        return CODE_SIGNATURE_DOES_NOT_MATCH;
    if (strlen(c->signature) != SIGNATURE_LENGTH ||
        !equal_constant_time(c->signature, signature, SIGNATURE_LENGTH))
        return CODE_SIGNATURE_DOES_NOT_MATCH;
    if (c->expires_s == 0) {
        out->signature.key = &key->derived;
        out->signature.scope =
            (struct sigv4_scope){.unix_s = c->unix_s, .region = a->region, .service = "s3"};
        memcpy(out->signature.text, signature, sizeof signature);
    }
    return CODE_NONE;
}

static bool is_presigned(const char *query)
{
    return strstr(query, "X-Amz-Signature=") != NULL || strstr(query, "X-Amz-Algorithm=") != NULL;
}

/* Finds the claim and the payload hash that was signed with it. */
static enum code claim_read(struct auth *a, const struct auth_request *request, struct claim *c,
                            struct auth_result *out)
{
    const char *authorization = header_value(request, "authorization");
    const char *payload = header_value(request, PAYLOAD_HEADER);
    out->payload_sha256 = payload != NULL ? payload : SIGV4_UNSIGNED_PAYLOAD;
    if (authorization == NULL) {
        if (!is_presigned(request->query))
            return CODE_ACCESS_DENIED;
        return claim_from_query(a, request, c);
    }
    if (payload == NULL) {
        snprintf(out->detail, sizeof out->detail,
                 "Missing required header for this request: " PAYLOAD_HEADER);
        return CODE_INVALID_REQUEST;
    }
    return claim_from_header(a, authorization, request, c);
}

enum code auth_verify(struct auth *a, const struct auth_request *request, int64_t now_unix_s,
                      struct auth_result *out)
{
    *out = (struct auth_result){.access_key_id = "", .payload_sha256 = SIGV4_UNSIGNED_PAYLOAD};
    if (a->count == 0) {
        const char *payload = header_value(request, PAYLOAD_HEADER);
        out->payload_sha256 = payload != NULL ? payload : SIGV4_UNSIGNED_PAYLOAD;
        return CODE_NONE;
    }
    struct claim claim = {.access_key_id = NULL};
    enum code code = claim_read(a, request, &claim, out);
    if (code != CODE_NONE)
        return code;
    struct auth_key *key = key_find(a, claim.access_key_id);
    if (key == NULL)
        return CODE_INVALID_ACCESS_KEY_ID;
    out->access_key_id = key->id;
    if ((code = claim_check_scope(a, &claim, out)) != CODE_NONE ||
        (code = claim_check_time(&claim, now_unix_s, out)) != CODE_NONE)
        return code;
    return claim_verify(a, request, &claim, key, out);
}
