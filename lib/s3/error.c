/* SPDX-License-Identifier: MIT */
/* error - S3's <Error> bodies, and what a failed request should tell a person. */
#include "lib/s3/error.h"

#include <stdio.h>
#include <string.h>

#include "lib/s3/xml.h"

#define WHERE_MAX 480 /* bytes of a location shown; longer keys are cut */

struct error_reader {
    struct s3_error error;
    bool is_error;
};

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p;
}

static bool starts_with(const char *p, const char *end, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(end - p) >= len && memcmp(p, text, len) == 0;
}

bool s3_body_is_error(const char *body, size_t len)
{
    const char *end = body + len;
    const char *p = skip_blanks(body, end);
    if (starts_with(p, end, "\xef\xbb\xbf"))
        p += 3;
    if (starts_with(p, end, "<?xml")) {
        p = memchr(p, '>', (size_t)(end - p));
        if (!p)
            return false;
        p = skip_blanks(p + 1, end);
    }
    return starts_with(p, end, "<Error>") || starts_with(p, end, "<Error ");
}

/* Terminals show these texts, so control characters do not get there. */
static void copy_printable(char *out, size_t room, const char *text)
{
    size_t i = 0;
    for (; i + 1 < room && text[i]; i++)
        out[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
    out[i] = '\0';
}

static enum status on_open(void *ctx, const char *path, struct error *err)
{
    struct error_reader *r = ctx;
    if (!strchr(path, '/') && strcmp(path, "Error") != 0)
        return error_set(err, STATUS_PROTOCOL, "not an <Error> document");
    r->is_error = true;
    return STATUS_OK;
}

static enum status on_close(void *ctx, const char *path, const char *text, size_t len,
                            struct error *err)
{
    (void)len, (void)err;
    struct s3_error *e = &((struct error_reader *)ctx)->error;
    if (strcmp(path, "Error/Code") == 0)
        copy_printable(e->code, sizeof e->code, text);
    else if (strcmp(path, "Error/Message") == 0)
        copy_printable(e->message, sizeof e->message, text);
    else if (strcmp(path, "Error/Region") == 0)
        copy_printable(e->region, sizeof e->region, text);
    else if (strcmp(path, "Error/RequestId") == 0)
        copy_printable(e->request_id, sizeof e->request_id, text);
    return STATUS_OK;
}

bool s3_error_parse(const char *body, size_t len, struct s3_error *out)
{
    static const struct xml_events events = {.open = on_open, .close = on_close};
    struct error_reader reader = {.is_error = false};
    if (!s3_body_is_error(body, len))
        return false;
    if (xml_parse(&events, &reader, body, len, NULL) || !reader.is_error)
        return false;
    *out = reader.error;
    return true;
}

/* S3's codes that a person can do something about. A HEAD's reply has no code: then the HTTP
 * status alone is looked up. */
static const struct code_advice {
    const char *code;
    int http_status; /* when there is no code; 0: the code alone */
    enum status status;
    const char *advice;
} advices[] = {
    {"NoSuchBucket", 0, STATUS_NOT_FOUND, "create the bucket or check its name and the endpoint"},
    {"NoSuchKey", 0, STATUS_NOT_FOUND, "there is no such object"},
    {"NoSuchUpload", 0, STATUS_NOT_FOUND, "the upload was completed or aborted meanwhile"},
    {"AccessDenied", 0, STATUS_DENIED, NULL},
    {"InvalidAccessKeyId", 0, STATUS_DENIED,
     "the access key id is unknown there: check the credentials and the endpoint"},
    {"SignatureDoesNotMatch", 0, STATUS_DENIED,
     "the secret access key does not belong to the access key id"},
    {"ExpiredToken", 0, STATUS_DENIED, "the session has expired: get new credentials"},
    {"TokenRefreshRequired", 0, STATUS_DENIED, "the session has expired: get new credentials"},
    {"InvalidToken", 0, STATUS_DENIED,
     "the session token is not valid there: check AWS_SESSION_TOKEN"},
    {"RequestTimeTooSkewed", 0, STATUS_DENIED,
     "this machine's clock differs from the server's: set it"},
    {"PreconditionFailed", 412, STATUS_PRECONDITION, NULL},
    {"ConditionalRequestConflict", 0, STATUS_PRECONDITION,
     "another writer was at it at the same time: run it again"},
    {"BucketAlreadyExists", 0, STATUS_PRECONDITION,
     "the name belongs to someone else: choose another"},
    {"BucketAlreadyOwnedByYou", 0, STATUS_PRECONDITION, "the bucket is there already"},
    {"BucketNotEmpty", 0, STATUS_PRECONDITION, "delete its objects and open uploads first"},
    {"InvalidObjectState", 0, STATUS_DENIED,
     "the object is in an archive storage class: restore it first"},
    {"SlowDown", 429, STATUS_REMOTE, "the server asks for fewer requests: lower the concurrency"},
    {"InvalidBucketName", 0, STATUS_INVALID, "check the bucket's name"},
    {"NotImplemented", 501, STATUS_REMOTE, "this server does not support the operation"},
    {"MethodNotAllowed", 405, STATUS_REMOTE, "is the endpoint an S3 endpoint?"},
    {"PermanentRedirect", 301, STATUS_REMOTE, NULL},
    {"TemporaryRedirect", 307, STATUS_REMOTE, NULL},
    {"AuthorizationHeaderMalformed", 0, STATUS_REMOTE, NULL},
    {"IllegalLocationConstraintException", 0, STATUS_INVALID,
     "the endpoint's region and the bucket's differ: check --region"},
    {"", 404, STATUS_NOT_FOUND, "it does not exist"},
    {"", 401, STATUS_DENIED, "give credentials"},
};

static const struct code_advice *advice_find(const char *code, int http_status)
{
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++) {
        if (*code ? strcmp(code, advices[i].code) == 0 : http_status == advices[i].http_status)
            return &advices[i];
    }
    return NULL;
}

static enum status status_of(int http_status)
{
    switch (http_status) {
    case 401:
    case 403:
        return STATUS_DENIED;
    case 404:
        return STATUS_NOT_FOUND;
    case 304:
    case 412:
        return STATUS_PRECONDITION;
    default:
        return STATUS_REMOTE;
    }
}

static void denied_advice(enum s3_op op, const char *bucket, const char *key, char *out,
                          size_t room)
{
    const char *action = s3_op_iam_action(op);
    bool on_object = key && *key;
    int n = snprintf(out, room, "allow %s on arn:aws:s3:::%s%s", action, bucket ? bucket : "*",
                     on_object || op == S3_DELETE_OBJECTS ? "/*" : "");
    bool reads = op == S3_GET_OBJECT || op == S3_HEAD_OBJECT;
    if (reads && n > 0 && (size_t)n < room)
        snprintf(out + n, room - (size_t)n,
                 ", and s3:ListBucket on the bucket (without it a missing object is a 403 too)");
}

static void condition_advice(enum s3_op op, char *out, size_t room)
{
    bool writes = op == S3_PUT_OBJECT || op == S3_COMPLETE_MULTIPART_UPLOAD ||
                  op == S3_CREATE_MULTIPART_UPLOAD;
    snprintf(out, room, "%s",
             writes ? "another object of that name is there already"
                    : "the object has changed since it was listed");
}

/* What to do about it, into `out`; "" when we know nothing better than S3's own message. */
static void advise(enum s3_op op, int http_status, const struct s3_error *e, const char *bucket,
                   const char *key, const struct code_advice *known, char *out, size_t room)
{
    out[0] = '\0';
    if (e->region[0] && (!known || !known->advice))
        snprintf(out, room, "the bucket is in region %s: give --region %s", e->region, e->region);
    else if (known && known->advice)
        snprintf(out, room, "%s", known->advice);
    else if (known && known->status == STATUS_PRECONDITION)
        condition_advice(op, out, room);
    else if (http_status == 403 || strcmp(e->code, "AccessDenied") == 0)
        denied_advice(op, bucket, key, out, room);
    else if (http_status >= 300 && http_status < 400)
        snprintf(out, room, "the bucket is in another region: check --region and the endpoint");
}

enum status s3_error_describe(enum s3_op op, int http_status, const struct s3_error *e,
                              const char *bucket, const char *key, struct error *err)
{
    static const struct s3_error nothing;
    if (!e)
        e = &nothing;
    const struct code_advice *known = advice_find(e->code, http_status);
    enum status status = known ? known->status : status_of(http_status);
    char raw[WHERE_MAX];
    char where[WHERE_MAX];
    char advice[256];
    char http[24] = "";
    snprintf(raw, sizeof raw, "%s%s%s%s", bucket ? "s3://" : "", bucket ? bucket : "",
             key && *key ? "/" : "", key ? key : "");
    copy_printable(where, sizeof where, raw);
    advise(op, http_status, e, bucket, key, known, advice, sizeof advice);
    if (http_status != 0)
        snprintf(http, sizeof http, "%sHTTP %d", e->code[0] ? ", " : "", http_status);
    return error_set(err, status, "%s %s: %s%s%s%.300s%s%s", s3_op_name(op), where, e->code, http,
                     e->message[0] ? ": " : "", e->message, advice[0] ? "; " : "", advice);
}
