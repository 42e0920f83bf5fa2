/* SPDX-License-Identifier: MIT */
/* compact_world - see compact_world.h. */
#include "tests/integration/compact_world.h"

#include <stdio.h>
#include <string.h>

void world_open(struct world *w, struct fixture *f)
{
    w->fixture = f;
    w->store = store_open(&f->endpoint);
    snprintf(w->bucket, sizeof w->bucket, "%s", fixture_bucket(f));
    snprintf(w->source, sizeof w->source, "s3://%s/in/", w->bucket);
    snprintf(w->destination, sizeof w->destination, "s3://%s/out/", w->bucket);
}

void world_close(struct world *w)
{
    store_close(w->store);
}

void world_put(const struct world *w, const char *key, const char *text)
{
    store_put_text(w->store, w->bucket, key, text);
}

void world_run(const struct world *w, const char *const *args, int exit_code,
               struct process_result *ran)
{
    fixture_run(w->fixture, args, NULL, ran);
    if (ran->exit_code != exit_code)
        print_error("stdout: %s\nstderr: %s\n", ran->out.data, ran->err.data);
    assert_int_equal(ran->exit_code, exit_code);
}

void world_says(const struct world *w, const char *const *args, int exit_code, const char *said)
{
    struct process_result ran;
    world_run(w, args, exit_code, &ran);
    if (said != NULL && strstr(ran.out.data, said) == NULL && strstr(ran.err.data, said) == NULL)
        fail_msg("\"%s\" is not in stdout: %s\nstderr: %s", said, ran.out.data, ran.err.data);
    process_result_release(&ran);
}

void world_expect_bytes(const struct world *w, const char *key, const void *data, size_t size)
{
    struct buf got;
    buf_init(&got, STORE_OBJECT_MAX);
    store_get(w->store, w->bucket, key, &got);
    assert_int_equal(got.len, size);
    assert_memory_equal(got.data, data, size);
    buf_release(&got);
}

void world_expect(const struct world *w, const char *key, const char *text)
{
    struct buf got;
    buf_init(&got, STORE_OBJECT_MAX);
    store_get(w->store, w->bucket, key, &got);
    assert_string_equal(got.data, text);
    buf_release(&got);
}

void world_expect_keys(const struct world *w, const char *prefix, const char *keys)
{
    struct buf got;
    buf_init(&got, STORE_OBJECT_MAX);
    store_keys(w->store, w->bucket, prefix, &got);
    assert_string_equal(got.data, keys);
    buf_release(&got);
}
