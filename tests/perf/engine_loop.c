/* SPDX-License-Identifier: MIT */
/*
 * engine_loop - the same requests through lib/s3's client: signed, checked, counted, retried.
 *
 *     engine_loop [-c CONCURRENCY] ENDPOINT < jobs    credentials as AWS's environment variables
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/s3/client.h"
#include "tests/perf/jobs.h"

struct work {
    struct s3_client *client;
    struct jobs jobs;
    const char *body;
    size_t next;
    size_t done;
    size_t failures;
    uint64_t bytes;
};
struct slot {
    struct work *work;
    char *into;
};

static void die(const struct error *err)
{
    fprintf(stderr, "engine_loop: %s\n", err->text);
    exit(EXIT_FAILURE);
}

static enum s3_op op_of(const char *verb)
{
    static const struct {
        const char *verb;
        enum s3_op op;
    } verbs[] = {{"GET", S3_GET_OBJECT},
                 {"PUT", S3_PUT_OBJECT},
                 {"LIST", S3_LIST_OBJECTS},
                 {"MAKE", S3_CREATE_BUCKET}};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].verb, verb) == 0)
            return verbs[i].op;
    }
    fprintf(stderr, "engine_loop: unknown verb %s\n", verb);
    exit(EXIT_FAILURE);
}

static void slot_start(struct slot *slot);

static void on_done(void *ctx, const struct s3_reply *reply)
{
    struct slot *slot = ctx;
    struct work *work = slot->work;
    work->done++;
    work->bytes += reply->exchange->body_bytes;
    if (reply->status) {
        work->failures++;
        fprintf(stderr, "engine_loop: %s\n", reply->error.text);
    }
    if (work->next < work->jobs.count)
        slot_start(slot);
}

static void slot_start(struct slot *slot)
{
    struct work *work = slot->work;
    const struct job *job = &work->jobs.all[work->next++];
    struct s3_request *rq;
    struct error err;
    enum s3_op op = op_of(job->word[0]);
    if (s3_request_new(work->client, op, job->word[1], job->word[2], &rq, &err))
        die(&err);
    if (op == S3_GET_OBJECT) {
        s3_request_into(rq, slot->into, JOB_SIZE_MAX);
        if (*job->word[3])
            s3_request_expect_size(rq, jobs_size(job->word[3]));
    } else if (op == S3_PUT_OBJECT) {
        s3_request_body(rq, work->body, jobs_size(job->word[3]), NULL);
    }
    if (s3_request_send(rq, on_done, slot, &err))
        die(&err);
}

static const char *env(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

static void run(struct work *work, unsigned concurrency)
{
    static struct slot slots[JOB_FLIGHT_MAX];
    struct error err;
    for (size_t i = 0; i < concurrency && work->next < work->jobs.count; i++) {
        slots[i] = (struct slot){work, malloc(JOB_SIZE_MAX)};
        if (!slots[i].into)
            exit(EXIT_FAILURE);
        slot_start(&slots[i]);
    }
    while (work->done < work->jobs.count) {
        if (s3_client_poll(work->client, 1000, &err))
            die(&err);
    }
    for (size_t i = 0; i < concurrency; i++)
        free(slots[i].into);
}

int main(int argc, char **argv)
{
    struct work work = {.body = jobs_body()};
    struct measure measure;
    struct error err = {.text = "usage: engine_loop [-c CONCURRENCY] ENDPOINT < jobs"};
    const unsigned concurrency = jobs_concurrency(&argv);
    struct http_loop_options loop = {.max_connections = concurrency, .clock = clock_system()};
    const struct s3_credentials_options credentials = {.env = env, .clock = clock_system()};
    struct s3_client_options options = {.clock = clock_system(), .user_agent = "engine_loop"};
    (void)argc;
    if (!argv[1] || http_global_init(&err) || http_loop_new(&loop, &options.loop, &err) ||
        s3_credentials_source_new(&credentials, &options.credentials, &err) ||
        s3_endpoint_init(&options.endpoint, argv[1], NULL, S3_ADDRESSING_PATH, &err) ||
        s3_client_new(&options, &work.client, &err))
        die(&err);
    jobs_read(&work.jobs);
    measure_start(&measure);
    run(&work, concurrency);
    measure_print(&measure, "engine_loop", concurrency, work.jobs.count, work.failures, work.bytes);
    s3_client_free(work.client);
    http_loop_free(options.loop);
    s3_credentials_source_free(options.credentials);
    jobs_free(&work.jobs);
    return work.failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
