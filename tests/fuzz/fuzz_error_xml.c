/* SPDX-License-Identifier: MIT */
/*
 * fuzz_error_xml - S3's <Error> bodies, as replies of every kind of request. What is told to a person
 * is one line without control characters, however hostile the server.
 */
#include <string.h>

#include "lib/s3/error.h"
#include "tests/fuzz/fuzz.h"

static const struct {
    enum s3_op op;
    int http_status;
} replies[] = {
    {S3_GET_OBJECT, 403},    {S3_LIST_OBJECTS, 404},   {S3_COMPLETE_MULTIPART_UPLOAD, 0},
    {S3_PUT_OBJECT, 400},    {S3_UPLOAD_PART_COPY, 0}, {S3_CREATE_BUCKET, 409},
    {S3_DELETE_OBJECT, 503},
};

static void check_text(const char *text, size_t room)
{
    FUZZ_MUST(memchr(text, '\0', room) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct s3_error e;
    struct error err;
    const char *body = (const char *)data;
    (void)s3_body_is_error(body, size);
    memset(&e, 0, sizeof e);
    if (s3_error_parse(body, size, &e)) {
        check_text(e.code, sizeof e.code);
        check_text(e.message, sizeof e.message);
        check_text(e.region, sizeof e.region);
        check_text(e.request_id, sizeof e.request_id);
    }
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        const enum status status = s3_error_describe(replies[i].op, replies[i].http_status, &e,
                                                     "bucket", "a\nkey\x1b[31m", &err);
        FUZZ_MUST(status != STATUS_OK && err.text[0] != '\0');
        for (const char *p = err.text; *p != '\0'; p++)
            FUZZ_MUST((unsigned char)*p >= ' ' && *p != 0x7f);
    }
    return 0;
}
