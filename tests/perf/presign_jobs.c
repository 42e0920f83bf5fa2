/* SPDX-License-Identifier: MIT */
/*
 * presign_jobs - turns jobs into presigned URLs, so that bare_loop has nothing to sign.
 *
 *     presign_jobs ENDPOINT REGION < jobs > urls      credentials: AWS_ACCESS_KEY_ID and its secret
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/s3/endpoint.h"
#include "lib/s3/sigv4.h"
#include "tests/perf/jobs.h"

#define EXPIRES_S 86400
#define URL_MAX   8192

struct signer {
    struct s3_endpoint endpoint;
    struct sigv4_scope scope;
    struct sigv4_key key;
    const char *key_id;
};

static const char *method_of(const char *verb)
{
    return strcmp(verb, "PUT") == 0 || strcmp(verb, "MAKE") == 0 ? "PUT" : "GET";
}

static enum status presign(const struct signer *s, const struct job *job, struct buf *url,
                           struct error *err)
{
    const char *bucket = job->word[1];
    struct buf path;
    struct buf host;
    buf_init(&path, URL_MAX);
    buf_init(&host, URL_MAX);
    s3_endpoint_path(&s->endpoint, bucket, job->word[2], &path);
    s3_endpoint_host(&s->endpoint, bucket, &host);
    buf_reset(url);
    s3_endpoint_scheme_host(&s->endpoint, bucket, url);
    buf_append_str(url, path.data);
    buf_append_char(url, '?');
    enum status status = buf_status(&path, "a path", err);
    if (!status)
        status = sigv4_presign(method_of(job->word[0]), host.data, path.data, &s->scope, s->key_id,
                               NULL, &s->key, EXPIRES_S, url, err);
    buf_release(&path);
    buf_release(&host);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {.text = "usage: presign_jobs ENDPOINT REGION < jobs"};
    struct signer s = {.scope = {.service = "s3"}, .key_id = getenv("AWS_ACCESS_KEY_ID")};
    struct jobs jobs = {0};
    struct buf url;
    const char *secret = getenv("AWS_SECRET_ACCESS_KEY");
    enum status status = STATUS_INVALID;
    buf_init(&url, URL_MAX);
    if (argc == 3 && s.key_id && secret)
        status = s3_endpoint_init(&s.endpoint, argv[1], argv[2], S3_ADDRESSING_PATH, &err);
    if (status)
        goto out;
    s.scope.region = s.endpoint.region;
    s.scope.unix_s = wall_unix_s(clock_wall(clock_system()));
    sigv4_key_derive(secret, &s.scope, &s.key);
    jobs_read(&jobs);
    for (size_t i = 0; !status && i < jobs.count; i++) {
        status = presign(&s, &jobs.all[i], &url, &err);
        if (!status)
            printf("%s %s %s\n", jobs.all[i].word[0], url.data, jobs.all[i].word[3]);
    }
out:
    sigv4_key_release(&s.key);
    jobs_free(&jobs);
    buf_release(&url);
    if (status)
        fprintf(stderr, "presign_jobs: %s\n", err.text);
    return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
