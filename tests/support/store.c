/* SPDX-License-Identifier: MIT */
/* store - see store.h. Every call runs one request, or one listing, to its end. */
#include "tests/support/store.h"

#include <stdlib.h>
#include <string.h>

#include "lib/s3/bucket.h"
#include "lib/s3/list.h"
#include "lib/s3/multipart.h"
#include "lib/s3/object.h"

#define POLL_MS       1000
#define ANSWER_MAX_MS 60000
#define CONNECTIONS   4

struct store {
    struct test_endpoint endpoint;
    struct http_loop *loop;
    struct s3_credentials_source *credentials;
    struct s3_client *client;
};

/* What a callback leaves for the one who waits. */
struct answer {
    bool done;
    enum status status;
    struct error error;
    /* What to take out of the reply, each NULL unless wanted. */
    const char *header_name;
    char *header;
    size_t header_room;
    const char *uploads_bucket;
    const char *uploads_key;
    unsigned uploads;
};

static const char *endpoint_env(void *ctx, const char *name)
{
    const struct test_endpoint *e = ctx;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return e->access_key_id;
    return strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? e->secret_access_key : NULL;
}

struct store *store_open(const struct test_endpoint *endpoint)
{
    struct store *s = calloc(1, sizeof *s);
    struct error err;
    assert_non_null(s);
    s->endpoint = *endpoint;
    assert_ok(http_global_init(&err), &err);
    const struct http_loop_options loop = {.max_connections = CONNECTIONS, .clock = clock_system()};
    assert_ok(http_loop_new(&loop, &s->loop, &err), &err);
    const struct s3_credentials_options keys = {
        .env = endpoint_env, .env_ctx = &s->endpoint, .clock = clock_system()};
    assert_ok(s3_credentials_source_new(&keys, &s->credentials, &err), &err);
    struct s3_client_options client = {.loop = s->loop,
                                       .credentials = s->credentials,
                                       .clock = clock_system(),
                                       .user_agent = "s3-kit-tests"};
    assert_ok(
        s3_endpoint_init(&client.endpoint, endpoint->url, "us-east-1", S3_ADDRESSING_PATH, &err),
        &err);
    assert_ok(s3_client_new(&client, &s->client, &err), &err);
    return s;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    s3_client_free(s->client);
    s3_credentials_source_free(s->credentials);
    http_loop_free(s->loop);
    free(s);
}

struct s3_client *store_client(struct store *s)
{
    return s->client;
}

static enum status count_upload(void *ctx, const struct s3_upload *upload, struct error *err)
{
    struct answer *a = ctx;
    (void)err;
    a->uploads += strcmp(upload->key, a->uploads_key) == 0;
    return STATUS_OK;
}

static void on_reply(void *ctx, const struct s3_reply *reply)
{
    struct answer *a = ctx;
    a->done = true;
    a->status = reply->status;
    a->error = reply->error;
    if (reply->status != STATUS_OK)
        return;
    if (a->header && !s3_reply_header(reply, a->header_name, a->header, a->header_room))
        a->header[0] = '\0';
    if (a->uploads_bucket)
        a->status = s3_uploads_parse(reply, a->uploads_bucket, count_upload, a, &a->error);
}

static void wait_for(struct store *s, struct answer *a)
{
    const struct clock *clock = clock_system();
    struct mono deadline = mono_add_ms(clock_mono(clock), ANSWER_MAX_MS);
    struct error err;
    while (!a->done) {
        assert_true(clock_mono(clock).ns < deadline.ns);
        assert_ok(s3_client_poll(s->client, POLL_MS, &err), &err);
    }
}

/* Waits for a request that has been sent (or not, then `sent` says why) and wants it to be good. */
static void finish(struct store *s, enum status sent, const struct error *err, struct answer *a)
{
    assert_ok(sent, err);
    wait_for(s, a);
    assert_ok(a->status, &a->error);
}

void store_make_bucket(struct store *s, const char *bucket)
{
    struct answer a = {0};
    struct error err;
    finish(s, s3_bucket_create(s->client, bucket, on_reply, &a, &err), &err, &a);
}

const char *fixture_bucket(struct fixture *f)
{
    struct store *s = store_open(&f->endpoint);
    snprintf(f->bucket, sizeof f->bucket, "fixture-bucket-%u", f->names++);
    store_make_bucket(s, f->bucket);
    store_close(s);
    return f->bucket;
}

void store_put(struct store *s, const char *bucket, const char *key, const void *data, size_t size)
{
    const struct s3_write write = {.bucket = bucket, .key = key};
    struct answer a = {0};
    struct error err;
    finish(s, s3_put_object(s->client, &write, data, size, NULL, on_reply, &a, &err), &err, &a);
}

void store_put_text(struct store *s, const char *bucket, const char *key, const char *text)
{
    store_put(s, bucket, key, text, strlen(text));
}

/* HEADs a key; false when there is none. */
static bool head(struct store *s, const char *bucket, const char *key, struct answer *a)
{
    struct error err;
    assert_ok(s3_head_object(s->client, bucket, key, on_reply, a, &err), &err);
    wait_for(s, a);
    if (a->status != STATUS_NOT_FOUND)
        assert_ok(a->status, &a->error);
    return a->status == STATUS_OK;
}

bool store_exists(struct store *s, const char *bucket, const char *key)
{
    struct answer a = {0};
    return head(s, bucket, key, &a);
}

/* `out` is written to from the callback, which clang-tidy does not follow. */
void store_header(struct store *s, const char *bucket, const char *key, const char *name,
                  char *out, /* NOLINT(readability-non-const-parameter) */
                  size_t room)
{
    struct answer a = {.header_name = name, .header = out, .header_room = room};
    if (!head(s, bucket, key, &a))
        fail_msg("s3://%s/%s does not exist", bucket, key);
}

void store_get(struct store *s, const char *bucket, const char *key, struct buf *out)
{
    char length[32];
    struct error err;
    struct answer a = {0};
    store_header(s, bucket, key, "content-length", length, sizeof length);
    const uint64_t size = strtoull(length, NULL, 10);
    assert_true(size <= STORE_OBJECT_MAX);
    void *into = test_malloc(size + 1);
    const struct s3_get get = {.bucket = bucket, .key = key, .size = size, .into = into};
    finish(s, s3_get_object(s->client, &get, on_reply, &a, &err), &err, &a);
    buf_append(out, into, size);
    test_free(into);
    assert_ok(buf_status(out, "the object", &err), &err);
}

void store_delete(struct store *s, const char *bucket, const char *key)
{
    struct answer a = {0};
    struct error err;
    finish(s, s3_delete_object(s->client, bucket, key, on_reply, &a, &err), &err, &a);
}

/* A listing under way: what is counted, and the page's answer. */
struct census {
    struct answer answer;
    uint64_t objects;
    uint64_t bytes;
    struct buf *keys; /* NULL: not wanted */
};

static enum status on_entry(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    struct census *c = ctx;
    (void)err;
    c->objects++;
    c->bytes += entry->size;
    if (c->keys) {
        buf_append(c->keys, entry->key, entry->key_len);
        buf_append_char(c->keys, '\n');
    }
    return STATUS_OK;
}

static void on_page(void *ctx, enum status status, const struct error *error,
                    const struct s3_reply *reply)
{
    struct census *c = ctx;
    (void)reply;
    c->answer.done = true;
    c->answer.status = status;
    if (status != STATUS_OK)
        c->answer.error = *error;
}

static void take_census(struct store *s, const char *bucket, const char *prefix, struct census *c)
{
    struct s3_lister *lister = test_calloc(1, sizeof *lister);
    struct error err;
    s3_lister_init(lister, &(struct s3_list){.bucket = bucket, .prefix = prefix});
    while (!lister->finished) {
        c->answer = (struct answer){0};
        finish(s, s3_lister_next(lister, s->client, on_entry, on_page, c, &err), &err, &c->answer);
    }
    test_free(lister);
}

uint64_t store_count(struct store *s, const char *bucket, const char *prefix)
{
    struct census c = {0};
    take_census(s, bucket, prefix, &c);
    return c.objects;
}

uint64_t store_bytes(struct store *s, const char *bucket, const char *prefix)
{
    struct census c = {0};
    take_census(s, bucket, prefix, &c);
    return c.bytes;
}

void store_keys(struct store *s, const char *bucket, const char *prefix, struct buf *out)
{
    struct census c = {.keys = out};
    take_census(s, bucket, prefix, &c);
}

unsigned store_open_uploads(struct store *s, const char *bucket, const char *key)
{
    struct answer a = {.uploads_bucket = bucket, .uploads_key = key};
    struct error err;
    finish(s, s3_upload_list(s->client, bucket, key, on_reply, &a, &err), &err, &a);
    return a.uploads;
}
