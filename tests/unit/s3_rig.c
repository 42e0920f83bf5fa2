/* SPDX-License-Identifier: MIT */
/* s3_rig - an embedded server and a client for it. */
#include "tests/unit/s3_rig.h"

#include <stdlib.h>
#include <string.h>

#define KEY_ID     "RIGKEY"
#define SECRET     "rig-secret"
#define WAIT_MAX_S 60
#define BODY_MAX   (1u << 20)
#define NO_CUT     UINT64_MAX
#define POLL_MS    1000

static const char *look_up(void *ctx, const char *name)
{
    (void)ctx;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return KEY_ID;
    return strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? SECRET : NULL;
}

static bool is_faulty(const struct rig *r, const struct s3_server_request *request)
{
    return r->fault_operation && strcmp(r->fault_operation, request->operation) == 0;
}

/* Both hooks run while the test waits for the reply: they are the only ones to touch the fault. */
static enum s3_server_action before(void *ctx, const struct s3_server_request *request,
                                    struct s3_server_reply *reply)
{
    struct rig *r = ctx;
    if (!is_faulty(r, request) || r->fault_status == 0)
        return S3_SERVER_GO_ON;
    r->fault_operation = NULL;
    reply->status = r->fault_status;
    buf_append_str(&reply->body, r->fault_body);
    return S3_SERVER_REPLY;
}

static enum s3_server_action after(void *ctx, const struct s3_server_request *request,
                                   struct s3_server_reply *reply)
{
    struct rig *r = ctx;
    if (!is_faulty(r, request) || r->fault_status != 0)
        return S3_SERVER_GO_ON;
    r->fault_operation = NULL;
    if (r->fault_body) {
        buf_reset(&reply->body);
        buf_append_str(&reply->body, r->fault_body);
    }
    if (r->fault_headers) {
        buf_reset(&reply->headers);
        buf_append_str(&reply->headers, r->fault_headers);
    }
    reply->cut_after = r->fault_cut_after;
    return S3_SERVER_GO_ON;
}

static void client_make(struct rig *r)
{
    struct error err;
    struct s3_endpoint endpoint;
    const struct s3_credentials_options credentials = {.env = look_up, .clock = clock_system()};
    const struct http_loop_options loop = {.max_connections = 4, .clock = clock_system()};
    assert_ok(http_global_init(&err), &err);
    assert_ok(http_loop_new(&loop, &r->loop, &err), &err);
    assert_ok(s3_credentials_source_new(&credentials, &r->credentials, &err), &err);
    assert_ok(s3_endpoint_init(&endpoint, s3_server_url(r->server), NULL, S3_ADDRESSING_AUTO, &err),
              &err);
    const struct s3_client_options options = {
        .loop = r->loop,
        .endpoint = endpoint,
        .credentials = r->credentials,
        .max_attempts = 3,
        .seed = 1,
        .clock = clock_system(),
        .user_agent = "rig",
    };
    assert_ok(s3_client_new(&options, &r->client, &err), &err);
}

int rig_make(void **state)
{
    static const struct s3_server_key key = {KEY_ID, SECRET, NULL};
    struct error err;
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    buf_init(&r->body, BODY_MAX);
    r->fault_cut_after = NO_CUT;
    const struct s3_server_options options = {
        .keys = &key,
        .key_count = 1,
        .hooks = {.ctx = r, .before = before, .after = after},
    };
    assert_ok(s3_server_start(&options, &r->server, &err), &err);
    assert_ok(s3_server_make_bucket(r->server, RIG_BUCKET, &err), &err);
    client_make(r);
    *state = r;
    return 0;
}

int rig_remove(void **state)
{
    struct rig *r = *state;
    s3_client_free(r->client);
    s3_credentials_source_free(r->credentials);
    http_loop_free(r->loop);
    s3_server_stop(r->server);
    buf_release(&r->body);
    free(r);
    return 0;
}

void rig_done(void *ctx, const struct s3_reply *reply)
{
    struct rig *r = ctx;
    r->done = true;
    r->status = reply->status;
    r->error = reply->error;
    r->attempts = reply->attempts;
    r->into_size = reply->into_size;
    memcpy(r->code, reply->code, sizeof r->code);
    buf_reset(&r->body);
    if (reply->body)
        buf_append(&r->body, reply->body, reply->body_size);
    if (!s3_reply_header(reply, "etag", r->etag, sizeof r->etag))
        r->etag[0] = '\0';
    if (r->look)
        r->look(r, reply);
    r->look = NULL;
}

void rig_wait(struct rig *r, enum status expected)
{
    struct error err;
    struct mono start = clock_mono(clock_system());
    while (!r->done && mono_since_s(clock_mono(clock_system()), start) < WAIT_MAX_S)
        assert_ok(s3_client_poll(r->client, POLL_MS, &err), &err);
    assert_true(r->done);
    r->done = false;
    assert_status(expected, r->status, &r->error);
}

void rig_put(struct rig *r, const char *key, const char *text)
{
    struct error err;
    assert_ok(s3_server_put(r->server, RIG_BUCKET, key, text, strlen(text), NULL, &err), &err);
}

void rig_holds(struct rig *r, const char *key, const char *text)
{
    struct buf held;
    struct error err;
    buf_init(&held, 64u << 20);
    assert_ok(s3_server_get(r->server, RIG_BUCKET, key, &held, &err), &err);
    assert_int_equal(held.len, strlen(text));
    assert_memory_equal(held.data, text, held.len);
    buf_release(&held);
}

unsigned rig_open_uploads(struct rig *r)
{
    struct s3_server_stats stats;
    s3_server_stats(r->server, &stats);
    return (unsigned)stats.open_uploads;
}
