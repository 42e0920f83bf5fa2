/* SPDX-License-Identifier: MIT */
/* What an object costs besides its bytes and its key, counted by the store's meter, and the meter
 * checked against the allocator. */
#include "tests/support/unit.h"

#include <stdlib.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <malloc.h>
#define ALLOCATOR_COUNTS 1
#else
#define ALLOCATOR_COUNTS 0
#endif

#include "bench/server/storage.h"

#define OBJECTS            100000
#define CONTENT_BYTES      16
#define OVERHEAD_MAX_BYTES 250 /* an object, at any number of them */

static uint64_t used_bytes(struct storage *s)
{
    return atomic_load(&storage_meter(s)->used_bytes);
}

static uint64_t allocated_bytes(void)
{
#if ALLOCATOR_COUNTS
    return (uint64_t)mallinfo2().uordblks;
#else
    return 0;
#endif
}

/* As an SDK puts it: with a type, and a checksum. Returns the length of its key. */
static size_t put_one(struct storage *s, unsigned i)
{
    char key[64];
    const int len = snprintf(key, sizeof key, "logs/2024/01/%02u/part-%08u.json", i % 31, i);
    const struct storage_where where = {"bucket", key, (size_t)len, NULL};
    const struct object_checksum checksum = {.algorithm = CHECKSUM_CRC32};
    const uint8_t digest[MD5_SIZE] = {0};
    struct chunk *chunk = chunk_new(storage_meter(s), CONTENT_BYTES);
    assert_non_null(chunk);
    memset(chunk->data, 0, CONTENT_BYTES);
    struct object *o = object_new(chunk, digest, &checksum, "Content-Type: application/json\n", 0);
    assert_non_null(o);
    assert_int_equal(storage_put(s, &where, o, NULL, NULL), CODE_NONE);
    return (size_t)len;
}

static void check_overhead(enum versioning versioning, uint64_t max)
{
    struct storage *s = storage_new(0);
    uint64_t wanted = 0;
    assert_non_null(s);
    assert_int_equal(storage_create_bucket(s, "bucket", 0), CODE_NONE);
    if (versioning != VERSIONING_NEVER)
        assert_int_equal(storage_set_versioning(s, "bucket", versioning), CODE_NONE);
    const uint64_t used_before = used_bytes(s), allocated_before = allocated_bytes();
    for (unsigned i = 0; i < OBJECTS; i++)
        wanted += put_one(s, i) + CONTENT_BYTES;
    const uint64_t used = used_bytes(s) - used_before;
    const uint64_t allocated = allocated_bytes() - allocated_before;
    const uint64_t overhead = (used - wanted) / OBJECTS;
    if (overhead > max)
        fail_msg("%u bytes of overhead an object", (unsigned)overhead);
    /* The meter tells the truth: within a hundredth of what the allocator gave. */
    if (ALLOCATOR_COUNTS)
        assert_true(allocated <= used + used / 100 && used <= allocated + allocated / 100);
    storage_free(s);
}

static void a_plain_object_costs_little(void **state)
{
    (void)state;
    check_overhead(VERSIONING_NEVER, OVERHEAD_MAX_BYTES);
}

/* In the suspended state a key with nothing but its null version is as plain as ever. */
static void who_has_no_versions_pays_for_none(void **state)
{
    (void)state;
    check_overhead(VERSIONING_SUSPENDED, OVERHEAD_MAX_BYTES);
}

static void all_is_given_back(void **state)
{
    (void)state;
    struct storage *s = storage_new(0);
    assert_non_null(s);
    const uint64_t before = used_bytes(s);
    assert_int_equal(storage_create_bucket(s, "bucket", 0), CODE_NONE);
    assert_int_equal(storage_set_versioning(s, "bucket", VERSIONING_ENABLED), CODE_NONE);
    for (unsigned i = 0; i < 100; i++)
        put_one(s, i % 10);
    const struct bucket *b = storage_read_begin(s, "bucket");
    assert_int_equal(b->objects.count, 10);
    assert_int_equal(b->histories.count, 10);
    storage_read_end(s);
    for (unsigned i = 0; i < 10; i++) {
        struct storage_version version;
        struct object *o;
        char key[64];
        const int len = snprintf(key, sizeof key, "logs/2024/01/%02u/part-%08u.json", i % 31, i);
        struct storage_where where = {"bucket", key, (size_t)len, NULL};
        while (storage_get(s, &where, &o, &version) == CODE_NONE) {
            object_unref(o);
            where.version_id = version.id;
            assert_int_equal(storage_remove(s, &where, NULL, 0, NULL), CODE_NONE);
            where.version_id = NULL;
        }
    }
    assert_int_equal(storage_remove_bucket(s, "bucket"), CODE_NONE);
    assert_int_equal(used_bytes(s), before);
    storage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_object_costs_little),
        cmocka_unit_test(who_has_no_versions_pays_for_none),
        cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
