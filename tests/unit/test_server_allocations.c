/* SPDX-License-Identifier: MIT */
/*
 * What the server's own code allocates for a request once its buffers have grown: nothing. Counted by
 * the linker's --wrap, so in this project's objects alone, and on the server's threads alone. The
 * HTTP library and OpenSSL go on allocating.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "bench/server/server.h"
#include "tests/support/unit.h"
#include "tests/support/wire.h"

#define WARM_UP  20
#define REQUESTS 200

static const struct s3_server_key key = {"AKIAFIRST", "first secret", NULL};

/* Counting needs a place that outlives each call. */
static atomic_uint allocations;
static _Thread_local bool is_client;

/* The linker wants these names. NOLINTBEGIN(readability-identifier-naming) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static void count(void)
{
    if (!is_client)
        atomic_fetch_add(&allocations, 1);
}

void *__wrap_malloc(size_t size)
{
    count();
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    count();
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    count();
    return __real_realloc(p, size);
}
/* NOLINTEND(readability-identifier-naming) */

static struct s3_server *server_new(struct s3_server_options *options)
{
    struct s3_server *s;
    struct error err;
    options->keys = &key;
    options->key_count = 1;
    assert_ok(s3_server_start(options, &s, &err), &err);
    assert_ok(s3_server_make_bucket(s, "bucket", &err), &err);
    assert_ok(s3_server_put(s, "bucket", "a key", "0123456789", 10, NULL, &err), &err);
    return s;
}

/* As SDKs ask, so that every header is looked at. */
static unsigned allocations_of(struct s3_server *s, const char *method, const char *target,
                               const void *body, size_t len)
{
    struct wire w;
    struct answer a = {.status = 0};
    unsigned before = 0;
    wire_open(&w, s3_server_url(s), &key);
    for (int i = 0; i < WARM_UP + REQUESTS; i++) {
        if (i == WARM_UP)
            before = atomic_load(&allocations);
        wire_ask(&w, method, target,
                 "amz-sdk-request: attempt=1; max=3\nRange: bytes=1-5\nAccept: */*\n", body, len,
                 &a);
        assert_true(a.status == 200 || a.status == 206);
    }
    const unsigned after = atomic_load(&allocations);
    answer_release(&a);
    wire_close(&w);
    return after - before;
}

static void reads_allocate_nothing(void **state)
{
    (void)state;
    struct s3_server *s = server_new(&(struct s3_server_options){.seed = 1});
    assert_int_equal(allocations_of(s, "GET", "/bucket/a%20key", NULL, 0), 0);
    assert_int_equal(allocations_of(s, "HEAD", "/bucket/a%20key", NULL, 0), 0);
    assert_int_equal(allocations_of(s, "GET", "/bucket?list-type=2&prefix=a", NULL, 0), 0);
    s3_server_stop(s);
}

static void delays_allocate_nothing(void **state)
{
    (void)state;
    struct s3_server *s = server_new(
        &(struct s3_server_options){.latency = latency_profile_find("minio-lan"), .seed = 1});
    assert_int_equal(allocations_of(s, "GET", "/bucket/a%20key", NULL, 0), 0);
    s3_server_stop(s);
}

/* The chunk and the object: what is stored, and nothing besides. */
static void a_write_allocates_what_it_stores(void **state)
{
    (void)state;
    struct s3_server *s = server_new(&(struct s3_server_options){.seed = 1});
    assert_int_equal(allocations_of(s, "PUT", "/bucket/other", "content", 7), 2 * REQUESTS);
    s3_server_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_allocate_nothing),
        cmocka_unit_test(delays_allocate_nothing),
        cmocka_unit_test(a_write_allocates_what_it_stores),
    };
    is_client = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
