/* SPDX-License-Identifier: MIT */
/*
 * presign - prints presigned request targets, one a line, for wrk and curl:
 *
 *     presign METHOD ENDPOINT_URL PATH [COUNT]
 *
 * "%d" in PATH (already URI-encoded) becomes 0, 1, ... COUNT-1. Credentials come from
 * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the region is us-east-1, the lifetime a day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/s3/sigv4.h"

#define EXPIRES_S 86400u
#define COUNT_MAX 10000000u
#define LINE_MAX  16384u

static void path_append(struct buf *out, const char *pattern, uint64_t number)
{
    const char *mark = strstr(pattern, "%d");
    if (mark == NULL) {
        buf_append_str(out, pattern);
        return;
    }
    buf_append(out, pattern, (size_t)(mark - pattern));
    buf_printf(out, "%llu%s", (unsigned long long)number, mark + 2);
}

static enum status print_targets(const char *method, const char *host, const char *pattern,
                                 uint64_t count, const char *id, const char *secret,
                                 struct error *err)
{
    const struct sigv4_scope scope = {
        .unix_s = wall_unix_s(clock_wall(clock_system())), .region = "us-east-1", .service = "s3"};
    struct sigv4_key key;
    struct buf path, query;
    enum status status = STATUS_OK;
    buf_init(&path, LINE_MAX);
    buf_init(&query, LINE_MAX);
    sigv4_key_derive(secret, &scope, &key);
    for (uint64_t i = 0; i < count && status == STATUS_OK; i++) {
        buf_reset(&path);
        buf_reset(&query);
        path_append(&path, pattern, i);
        status = buf_status(&path, "the path", err);
        if (status == STATUS_OK)
            status = sigv4_presign(method, host, path.data, &scope, id, NULL, &key, EXPIRES_S,
                                   &query, err);
        if (status == STATUS_OK)
            printf("%s?%s\n", path.data, query.data);
    }
    sigv4_key_release(&key);
    buf_release(&path);
    buf_release(&query);
    return status;
}

int main(int argc, char **argv)
{
    const char *id = getenv("AWS_ACCESS_KEY_ID");
    const char *secret = getenv("AWS_SECRET_ACCESS_KEY");
    uint64_t count = 1;
    struct error err;
    if (argc < 4 || argc > 5 || strncmp(argv[2], "http://", 7) != 0 || id == NULL ||
        secret == NULL) {
        fputs("usage: presign METHOD http://HOST:PORT /PATH [COUNT], with AWS_ACCESS_KEY_ID and "
              "AWS_SECRET_ACCESS_KEY\n",
              stderr);
        return 2;
    }
    enum status status = STATUS_OK;
    if (argc == 5)
        status = uint_parse(argv[4], 1, COUNT_MAX, &count, &err);
    if (status == STATUS_OK)
        status = print_targets(argv[1], argv[2] + 7, argv[3], count, id, secret, &err);
    if (status != STATUS_OK) {
        fprintf(stderr, "presign: %s\n", err.text);
        return 1;
    }
    return 0;
}
