/* SPDX-License-Identifier: MIT */
/* auth_claim - see auth_claim.h. */
#include "bench/server/auth_claim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/server/auth_v2.h"
#include "bench/server/reply.h"
#include "lib/base/date.h"
#include "lib/base/units.h"
#include "lib/s3/uri.h"

#define ALGORITHM    "AWS4-HMAC-SHA256"
#define TOKEN_HEADER "x-amz-security-token"

const char *auth_header(const struct auth_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

enum code auth_refuse(struct auth_result *result, enum code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(result->detail, sizeof result->detail, format, args);
    va_end(args);
    return code;
}

void auth_append_lower(struct buf *out, const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_append_char(out,
                        (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]));
}

void auth_evidence(struct auth_result *result, const char *element, const char *text)
{
    if (result->evidence != NULL)
        xml_str(result->evidence, element, text);
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
static bool credential_read(struct auth_claim *c, char *credential)
{
    char *rest = credential;
    c->access_key_id = cut(&rest, '/');
    c->date = cut(&rest, '/');
    c->region = cut(&rest, '/');
    c->service = cut(&rest, '/');
    c->terminator = rest;
    return c->terminator != NULL && strchr(c->terminator, '/') == NULL;
}

static enum code version_unsupported(struct auth_result *result)
{
    return auth_refuse(
        result, CODE_INVALID_REQUEST,
        "The authorization mechanism you have provided is not supported. Please use " ALGORITHM
        ".");
}

/* In the Authorization header */

static enum code header_malformed(struct auth_result *result, const char *what)
{
    return auth_refuse(result, CODE_AUTHORIZATION_HEADER_MALFORMED,
                       "The authorization header is malformed; %s", what);
}

/* Takes "Credential=..., SignedHeaders=..., Signature=..." apart. */
static enum code fields_read(char *fields, struct auth_claim *c, struct auth_result *result)
{
    char *credential = NULL;
    unsigned count = 0;
    for (char *field; (field = cut(&fields, ',')) != NULL; count++) {
        field += strspn(field, " \t");
        char *name = cut(&field, '=');
        if (field == NULL)
            return auth_refuse(result, CODE_AUTHORIZATION_HEADER_MALFORMED,
                               "The authorization header is malformed; the authorization component "
                               "\"%.60s\" is malformed.",
                               name);
        if (strcmp(name, "Credential") == 0)
            credential = field;
        else if (strcmp(name, "SignedHeaders") == 0)
            c->signed_headers = field;
        else if (strcmp(name, "Signature") == 0)
            c->signature = field;
    }
    if (count != 3)
        return header_malformed(result, "the authorization header requires three components: "
                                        "Credential, SignedHeaders, and Signature.");
    if (credential == NULL)
        return header_malformed(result, "missing Credential.");
    if (c->signed_headers == NULL)
        return header_malformed(result, "missing SignedHeaders.");
    if (c->signature == NULL)
        return header_malformed(result, "missing Signature.");
    if (!credential_read(c, credential))
        return header_malformed(result, "the Credential is mal-formed; expecting "
                                        "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    return CODE_NONE;
}

static enum code header_date_read(const struct auth_request *request, struct auth_claim *c,
                                  struct auth_result *result)
{
    const char *amz_date = auth_header(request, "x-amz-date");
    const char *date = auth_header(request, "date");
    enum status status = STATUS_INVALID;
    if (amz_date != NULL)
        status = date_parse_amz(amz_date, &c->unix_s, NULL);
    else if (date != NULL)
        status = date_parse_http(date, &c->unix_s, NULL);
    return status == STATUS_OK
               ? CODE_NONE
               : auth_refuse(result, CODE_ACCESS_DENIED,
                             "AWS authentication requires a valid Date or x-amz-date header");
}

static enum code bad_authorization(struct auth_result *result, const char *authorization,
                                   size_t type_len)
{
    char type[64];
    const bool one_word = authorization[type_len] == '\0';
    snprintf(type, sizeof type, "%.*s", (int)(type_len < sizeof type ? type_len : sizeof type),
             authorization);
    auth_evidence(result, "ArgumentName", "Authorization");
    auth_evidence(result, "ArgumentValue", one_word ? authorization : type);
    return auth_refuse(result, CODE_INVALID_ARGUMENT, "%s",
                       one_word ? "Authorization header is invalid -- one and only one ' ' (space) "
                                  "required"
                                : "Unsupported Authorization Type");
}

static enum code claim_from_header(const struct auth_request *request, const char *authorization,
                                   struct buf *text, struct auth_claim *c,
                                   struct auth_result *result)
{
    const size_t name_len = strcspn(authorization, " ");
    if (name_len == 3 && strncmp(authorization, "AWS", 3) == 0)
        return version_unsupported(result);
    if (name_len != strlen(ALGORITHM) || strncmp(authorization, ALGORITHM, name_len) != 0)
        return bad_authorization(result, authorization, name_len);
    if (auth_header(request, "x-amz-content-sha256") == NULL)
        return auth_refuse(result, CODE_INVALID_REQUEST,
                           "Missing required header for this request: x-amz-content-sha256");
    buf_reset(text);
    buf_append_str(text, authorization + name_len);
    if (text->failed != STATUS_OK)
        return header_malformed(result, "it is too long.");
    c->session_token = auth_header(request, TOKEN_HEADER);
    const enum code code = fields_read(text->data, c, result);
    return code != CODE_NONE ? code : header_date_read(request, c, result);
}

/* In the query */

static enum code query_malformed(struct auth_result *result, const char *what)
{
    return auth_refuse(result, CODE_AUTHORIZATION_QUERY_ERROR, "%s", what);
}

/* What a presigned query brings. */
enum field {
    FIELD_ALGORITHM,
    FIELD_CREDENTIAL,
    FIELD_DATE,
    FIELD_EXPIRES,
    FIELD_SECURITY_TOKEN,
    FIELD_SIGNATURE,
    FIELD_SIGNED_HEADERS,
    FIELDS
};
#define FIELD_PREFIX "X-Amz-"
static const char *const field_names[FIELDS] = {
    [FIELD_ALGORITHM] = "Algorithm",
    [FIELD_CREDENTIAL] = "Credential",
    [FIELD_DATE] = "Date",
    [FIELD_EXPIRES] = "Expires",
    [FIELD_SECURITY_TOKEN] = "Security-Token",
    [FIELD_SIGNATURE] = "Signature",
    [FIELD_SIGNED_HEADERS] = "SignedHeaders",
};

/* Which field "Algorithm=..." is; FIELDS: none. */
static enum field field_find(const char *text, size_t len)
{
    for (enum field f = 0; f < FIELDS; f++) {
        const size_t name_len = strlen(field_names[f]);
        if (len > name_len && text[name_len] == '=' && memcmp(text, field_names[f], name_len) == 0)
            return f;
    }
    return FIELDS;
}

/* Decodes the fields into `text`, which has room beforehand so that nothing moves; of several of one
 * name the first. What is not there, or cannot be decoded, is NULL. */
static void fields_find(const char *query, struct buf *text, char *values[FIELDS])
{
    bool seen[FIELDS] = {false};
    for (const char *p = query; *p != '\0';) {
        const size_t len = strcspn(p, "&"), prefix = strlen(FIELD_PREFIX);
        const bool ours = len > prefix && memcmp(p, FIELD_PREFIX, prefix) == 0;
        const enum field f = ours ? field_find(p + prefix, len - prefix) : FIELDS;
        if (f != FIELDS && !seen[f]) {
            const size_t skip = prefix + strlen(field_names[f]) + 1, at = text->len;
            seen[f] = true;
            if (uri_decode(text, p + skip, len - skip, 1, NULL) == STATUS_OK) {
                buf_append_char(text, '\0');
                values[f] = text->data + at;
            }
        }
        p += len + (p[len] == '&');
    }
}

static enum code expires_read(const char *expires, struct auth_claim *c, struct auth_result *result)
{
    if (expires[0] == '-')
        return query_malformed(result, "X-Amz-Expires must be non-negative");
    if (uint_parse(expires, 0, UINT32_MAX, &c->expires_s, NULL) != STATUS_OK)
        return query_malformed(result, "X-Amz-Expires should be a number");
    if (c->expires_s > AUTH_EXPIRES_MAX_S)
        return query_malformed(result, "X-Amz-Expires must be less than a week (in seconds); that "
                                       "is, the given X-Amz-Expires must be less than 604800 "
                                       "seconds");
    return CODE_NONE;
}

static enum code claim_from_query(const struct auth_request *request, struct buf *text,
                                  struct auth_claim *c, struct auth_result *result)
{
    c->presigned = true;
    buf_reset(text);
    if (buf_reserve(text, strlen(request->query) + 2 * FIELDS) == NULL)
        return CODE_AUTHORIZATION_QUERY_ERROR;
    char *values[FIELDS] = {NULL};
    fields_find(request->query, text, values);
    const char *algorithm = values[FIELD_ALGORITHM], *date = values[FIELD_DATE];
    const char *expires = values[FIELD_EXPIRES];
    char *credential = values[FIELD_CREDENTIAL];
    c->signed_headers = values[FIELD_SIGNED_HEADERS];
    c->signature = values[FIELD_SIGNATURE];
    c->session_token = values[FIELD_SECURITY_TOKEN];
    if (credential == NULL || algorithm == NULL || date == NULL || expires == NULL ||
        c->signed_headers == NULL || c->signature == NULL)
        return query_malformed(result, "Query-string authentication version 4 requires the "
                                       "X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
                                       "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires "
                                       "parameters.");
    if (strcmp(algorithm, ALGORITHM) != 0)
        return query_malformed(result, "X-Amz-Algorithm only supports \"" ALGORITHM "\"");
    if (!credential_read(c, credential))
        return query_malformed(result, "Error parsing the X-Amz-Credential parameter; the "
                                       "Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/"
                                       "REGION/SERVICE/aws4_request\".");
    if (date_parse_amz(date, &c->unix_s, NULL) != STATUS_OK)
        return query_malformed(result, "X-Amz-Date must be in the ISO8601 Long Format "
                                       "\"yyyyMMdd'T'HHmmss'Z'\"");
    return expires_read(expires, c, result);
}

static bool is_presigned(const char *query)
{
    return strstr(query, "X-Amz-Signature=") != NULL || strstr(query, "X-Amz-Algorithm=") != NULL;
}

bool auth_claim_exists(const struct auth_request *request)
{
    return auth_header(request, "authorization") != NULL || is_presigned(request->query) ||
           auth_v2_exists(request->query);
}

enum code auth_claim_read(const struct auth_request *request, struct buf *text, const char *region,
                          struct auth_claim *out, struct auth_result *result)
{
    const char *authorization = auth_header(request, "authorization");
    const bool v2 = auth_v2_exists(request->query), v4 = is_presigned(request->query);
    *out = (struct auth_claim){.access_key_id = NULL};
    if (authorization == NULL && v2 && !v4)
        return strcmp(region, AUTH_V2_REGION) == 0 ? auth_v2_read(request, text, out, result)
                                                   : version_unsupported(result);
    if (authorization == NULL)
        return claim_from_query(request, text, out, result);
    if (v2 || v4)
        return auth_refuse(result, CODE_INVALID_ARGUMENT,
                           "Only one auth mechanism allowed; only the X-Amz-Algorithm query "
                           "parameter, Signature query string parameter or the Authorization "
                           "header should be specified");
    return claim_from_header(request, authorization, text, out, result);
}

/* Scope and time */

static enum code scope_refuse(const struct auth_claim *c, struct auth_result *result,
                              const char *what, const char *got, const char *expected)
{
    if (c->presigned)
        return auth_refuse(result, CODE_AUTHORIZATION_QUERY_ERROR,
                           "Error parsing the X-Amz-Credential parameter; the %s '%.40s' is wrong; "
                           "expecting '%s'",
                           what, got, expected);
    return auth_refuse(result, CODE_AUTHORIZATION_HEADER_MALFORMED,
                       "The authorization header is malformed; the %s '%.40s' is wrong; expecting "
                       "'%s'",
                       what, got, expected);
}

enum code auth_claim_check_scope(const struct auth_claim *c, const char *region,
                                 struct auth_result *result)
{
    char stamp[17];
    date_format_amz(stamp, c->unix_s);
    stamp[8] = '\0';
    if (strcmp(c->service, "s3") != 0)
        return scope_refuse(c, result, "service", c->service, "s3");
    if (strcmp(c->terminator, "aws4_request") != 0)
        return scope_refuse(c, result, "terminal", c->terminator, "aws4_request");
    if (strcmp(c->region, region) != 0) {
        auth_evidence(result, "Region", region);
        return scope_refuse(c, result, "region", c->region, region);
    }
    return strcmp(stamp, c->date) == 0 ? CODE_NONE
                                       : scope_refuse(c, result, "date", c->date, stamp);
}

static void evidence_time(struct auth_result *result, const char *element, int64_t unix_s)
{
    struct buf text;
    buf_init(&text, 64);
    date_append_iso8601(&text, unix_s);
    auth_evidence(result, element, text.data);
    buf_release(&text);
}

enum code auth_claim_check_time(const struct auth_claim *c, int64_t now_unix_s,
                                struct auth_result *result)
{
    if (!c->presigned) {
        if (llabs((long long)(now_unix_s - c->unix_s)) <= AUTH_SKEW_MAX_S)
            return CODE_NONE;
        evidence_time(result, "RequestTime", c->unix_s);
        evidence_time(result, "ServerTime", now_unix_s);
        auth_evidence(result, "MaxAllowedSkewMilliseconds", "900000");
        return CODE_REQUEST_TIME_TOO_SKEWED;
    }
    const int64_t end = c->unix_s + (int64_t)c->expires_s;
    if (now_unix_s <= end && (c->version_2 || c->unix_s <= now_unix_s + AUTH_SKEW_MAX_S))
        return CODE_NONE;
    evidence_time(result, "Expires", end);
    evidence_time(result, "ServerTime", now_unix_s);
    return auth_refuse(result, CODE_ACCESS_DENIED, "%s",
                       now_unix_s > end ? "Request has expired" : "Request is not valid yet");
}
