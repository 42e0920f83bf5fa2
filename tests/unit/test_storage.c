/* SPDX-License-Identifier: MIT */
/* The ordered index against a sorted array, ranges, and the store's rules without any HTTP. */

#include <stdlib.h>

#include "bench/server/key_index.h"
#include "bench/server/range.h"
#include "bench/server/storage.h"
#include "lib/base/rng.h"
#include "tests/support/unit.h"

/* The index */

#define MODEL_KEYS 500
#define STEPS      20000

struct model {
    char key[MODEL_KEYS][4];
    size_t len[MODEL_KEYS];
    void *value[MODEL_KEYS]; /* NULL: not there */
};

static int key_order(const char *a, size_t a_len, const char *b, size_t b_len)
{
    const int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

/* Short keys over few bytes, high ones included, so that prefixes of each other abound. */
static void model_init(struct model *m)
{
    static const char alphabet[] = {'a', 'b', '/', (char)0xff, (char)0x80};
    size_t n = 0;
    for (size_t len = 1; len <= 4 && n < MODEL_KEYS; len++) {
        size_t combinations = 1;
        for (size_t i = 0; i < len; i++)
            combinations *= sizeof alphabet;
        for (size_t c = 0; c < combinations && n < MODEL_KEYS; c++, n++) {
            size_t rest = c;
            for (size_t i = 0; i < len; i++, rest /= sizeof alphabet)
                m->key[n][i] = alphabet[rest % sizeof alphabet];
            m->len[n] = len;
            m->value[n] = NULL;
        }
    }
    assert_int_equal(n, MODEL_KEYS);
}

/* The model's least key that is not less than `key` (or NULL), the slow way. */
static const char *model_seek(const struct model *m, const char *key, size_t len, size_t *found_len)
{
    const char *best = NULL;
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        if (m->value[i] == NULL || key_order(m->key[i], m->len[i], key, len) < 0)
            continue;
        if (best == NULL || key_order(m->key[i], m->len[i], best, *found_len) < 0) {
            best = m->key[i];
            *found_len = m->len[i];
        }
    }
    return best;
}

static void check_seek(const struct model *m, const struct key_index *ix, size_t i)
{
    size_t len = 0;
    const char *expected = model_seek(m, m->key[i], m->len[i], &len);
    const struct key_index_entry *e = key_index_seek(ix, m->key[i], m->len[i]);
    assert_int_equal(e == NULL, expected == NULL);
    if (e != NULL && expected != NULL)
        assert_int_equal(key_order(key_index_key(e), e->key_len, expected, len), 0);
}

static void check_order(const struct model *m, const struct key_index *ix)
{
    size_t count = 0, there = 0;
    const struct key_index_entry *last = NULL;
    for (const struct key_index_entry *e = ix->head[0]; e != NULL; e = key_index_next(e)) {
        if (last != NULL)
            assert_true(
                key_order(key_index_key(last), last->key_len, key_index_key(e), e->key_len) < 0);
        last = e;
        count++;
    }
    for (size_t i = 0; i < MODEL_KEYS; i++)
        there += m->value[i] != NULL;
    assert_int_equal(count, there);
    assert_int_equal(ix->count, there);
}

static struct meter unlimited;

static void index_agrees_with_a_sorted_array(void **state)
{
    (void)state;
    static struct model m;
    struct key_index ix;
    struct rng rng;
    model_init(&m);
    key_index_init(&ix, &unlimited);
    rng_seed(&rng, 1);
    for (int step = 0; step < STEPS; step++) {
        const size_t i = (size_t)rng_below(&rng, MODEL_KEYS);
        if (rng_below(&rng, 2) == 0) {
            void *old;
            void *value = &m.key[rng_below(&rng, MODEL_KEYS)];
            assert_int_equal(key_index_put(&ix, m.key[i], m.len[i], value, &old), STATUS_OK);
            assert_ptr_equal(old, m.value[i]);
            m.value[i] = value;
        } else {
            assert_ptr_equal(key_index_remove(&ix, m.key[i], m.len[i]), m.value[i]);
            m.value[i] = NULL;
        }
        assert_ptr_equal(key_index_find(&ix, m.key[i], m.len[i]), m.value[i]);
        if (step % 10 == 0)
            check_seek(&m, &ix, (size_t)rng_below(&rng, MODEL_KEYS));
        if (step % 1000 == 0)
            check_order(&m, &ix);
    }
    key_index_release(&ix, NULL);
}

static void seek_past_skips_exactly_the_prefix(void **state)
{
    (void)state;
    static struct model m;
    struct key_index ix;
    model_init(&m);
    key_index_init(&ix, &unlimited);
    for (size_t i = 0; i < MODEL_KEYS; i += 2) {
        void *old;
        m.value[i] = &m.key[i];
        assert_int_equal(key_index_put(&ix, m.key[i], m.len[i], m.value[i], &old), STATUS_OK);
    }
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        const struct key_index_entry *expected = key_index_seek(&ix, m.key[i], m.len[i]);
        while (expected != NULL && expected->key_len >= m.len[i] &&
               memcmp(key_index_key(expected), m.key[i], m.len[i]) == 0)
            expected = key_index_next(expected);
        assert_ptr_equal(key_index_seek_past(&ix, m.key[i], m.len[i]), expected);
    }
    key_index_release(&ix, NULL);
}

/* Ranges */

static void ranges_follow_the_rfc(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t size;
        enum range_result result;
        uint64_t offset, len;
    } cases[] = {
        {"", 10, RANGE_ALL, 0, 0},
        {"bytes=0-9", 100, RANGE_PART, 0, 10},
        {"bytes=0-0", 100, RANGE_PART, 0, 1},
        {"bytes=90-", 100, RANGE_PART, 90, 10},
        {"bytes=90-200", 100, RANGE_PART, 90, 10},
        {"bytes=-10", 100, RANGE_PART, 90, 10},
        {"bytes=-200", 100, RANGE_PART, 0, 100},
        {"bytes=100-", 100, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", 100, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-1", 0, RANGE_ALL, 0, 0},
        {"bytes=9-0", 100, RANGE_ALL, 0, 0},
        {"bytes=0-1,3-4", 100, RANGE_ALL, 0, 0},
        {"bytes=-", 100, RANGE_ALL, 0, 0},
        {"bytes=a-b", 100, RANGE_ALL, 0, 0},
        {"items=0-1", 100, RANGE_ALL, 0, 0},
        {"bytes=99999999999999999999999-", 100, RANGE_ALL, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct range range = {0, 0};
        assert_int_equal(range_parse(cases[i].text, cases[i].size, &range), cases[i].result);
        assert_int_equal(range.offset, cases[i].offset);
        assert_int_equal(range.len, cases[i].len);
    }
}

/* Objects */

static struct object *object_of(struct storage *s, const char *text, size_t len)
{
    struct chunk *chunk = chunk_new(storage_meter(s), len);
    struct object_checksum checksum = {.algorithm = CHECKSUM_CRC64NVME};
    uint8_t digest[MD5_SIZE];
    assert_non_null(chunk);
    memcpy(chunk->data, text, len);
    md5(text, len, digest);
    checksum_of(checksum.algorithm, text, len, checksum.digest);
    return object_new(chunk, digest, &checksum, NULL, 0);
}

/* An object has the checksum of these bytes. */
static void check_checksum(const struct object *o, enum checksum_algorithm algorithm,
                           const char *text, size_t len)
{
    struct object_checksum have;
    uint8_t digest[CHECKSUM_SIZE_MAX];
    object_checksum(o, &have);
    assert_int_equal(have.algorithm, algorithm);
    checksum_of(algorithm, text, len, digest);
    assert_memory_equal(have.digest, digest, checksum_info(algorithm)->size);
}

static void check_content(struct storage *s, const struct storage_where *where,
                          const char *expected)
{
    struct object *object;
    struct buf text;
    buf_init(&text, 1 << 20);
    assert_int_equal(storage_get(s, where, &object, NULL), CODE_NONE);
    object_append(object, 0, object->size, &text);
    assert_string_equal(text.data, expected);
    object_unref(object);
    buf_release(&text);
}

static const struct storage_where where_a = {.bucket = "bucket", .key = "a", .key_len = 1};

static struct storage *storage_with_bucket(uint64_t limit)
{
    struct storage *s = storage_new(limit);
    assert_non_null(s);
    assert_int_equal(storage_create_bucket(s, "bucket", 0), CODE_NONE);
    return s;
}

static uint64_t storage_used(struct storage *s)
{
    return atomic_load(&storage_meter(s)->used_bytes);
}

static void joined_and_cut_objects_share_bytes(void **state)
{
    (void)state;
    struct storage *s = storage_with_bucket(0);
    const uint64_t before = storage_used(s);
    struct object *parts[] = {object_of(s, "abcde", 5), object_of(s, "", 0),
                              object_of(s, "fghij", 5)};
    struct object *joined = object_join(parts, 3, NULL, NULL, 0);
    assert_non_null(joined);
    const uint64_t used = storage_used(s);
    for (uint64_t from = 0; from <= 10; from++) {
        for (uint64_t len = 0; from + len <= 10; len++) {
            const struct object_piece piece = {
                .source = joined, .offset = from, .len = len, .algorithm = CHECKSUM_SHA1};
            struct object *part = object_cut(&piece, "Content-Type: a/b\n", 0);
            struct buf text;
            uint8_t digest[MD5_SIZE];
            buf_init(&text, 64);
            object_append(part, 0, part->size, &text);
            assert_int_equal(part->size, len);
            assert_memory_equal(text.data, "abcdefghij" + from, len);
            md5("abcdefghij" + from, len, digest);
            assert_memory_equal(part->md5, digest, MD5_SIZE);
            check_checksum(part, CHECKSUM_SHA1, "abcdefghij" + from, len);
            assert_string_equal(object_headers(part), "Content-Type: a/b\n");
            assert_true(storage_used(s) < used + 200); /* no bytes of its own */
            buf_release(&text);
            object_unref(part);
        }
    }
    for (size_t i = 0; i < 3; i++)
        object_unref(parts[i]);
    object_unref(joined);
    assert_int_equal(storage_used(s), before);
    storage_free(s);
}

static void a_reader_keeps_what_a_put_replaces(void **state)
{
    (void)state;
    struct storage *s = storage_with_bucket(0);
    struct object *held;
    assert_int_equal(storage_put(s, &where_a, object_of(s, "old", 3), NULL, NULL), CODE_NONE);
    assert_int_equal(storage_get(s, &where_a, &held, NULL), CODE_NONE);
    assert_int_equal(storage_put(s, &where_a, object_of(s, "newer", 5), NULL, NULL), CODE_NONE);
    check_content(s, &where_a, "newer");
    assert_memory_equal(held->slices[0].chunk->data, "old", 3);
    object_unref(held);
    struct storage_totals totals;
    storage_totals(s, &totals);
    assert_int_equal(totals.objects, 1);
    assert_int_equal(totals.object_bytes, 5);
    storage_free(s);
}

static void conditions_are_checked_where_they_are_applied(void **state)
{
    (void)state;
    struct storage *s = storage_with_bucket(0);
    const struct storage_condition absent = {.if_none_match = "*"};
    const struct storage_condition wrong = {.if_match = "\"0123456789abcdef0123456789abcdef\""};
    const struct storage_condition right = {.if_match = "0cc175b9c0f1b6a831c399e269772661"};
    assert_int_equal(storage_put(s, &where_a, object_of(s, "a", 1), &wrong, NULL),
                     CODE_NO_SUCH_KEY);
    assert_int_equal(storage_put(s, &where_a, object_of(s, "a", 1), &absent, NULL), CODE_NONE);
    assert_int_equal(storage_put(s, &where_a, object_of(s, "b", 1), &absent, NULL),
                     CODE_PRECONDITION_FAILED);
    assert_int_equal(storage_put(s, &where_a, object_of(s, "b", 1), &wrong, NULL),
                     CODE_PRECONDITION_FAILED);
    assert_int_equal(storage_remove(s, &where_a, &wrong, 0, NULL), CODE_PRECONDITION_FAILED);
    check_content(s, &where_a, "a");
    assert_int_equal(storage_remove(s, &where_a, &right, 0, NULL), CODE_NONE);
    assert_int_equal(storage_remove(s, &where_a, &right, 0, NULL), CODE_NO_SUCH_KEY);
    assert_int_equal(storage_remove(s, &where_a, NULL, 0, NULL), CODE_NONE);
    storage_free(s);
}

static void etag_lists_are_read_as_clients_write_them(void **state)
{
    (void)state;
    assert_true(etag_list_has("\"abc\"", "\"abc\""));
    assert_true(etag_list_has("abc", "\"abc\""));
    assert_true(etag_list_has("*", "\"abc\""));
    assert_true(etag_list_has(" \"x\" , W/\"abc\" ", "\"abc\""));
    assert_false(etag_list_has("\"ab\"", "\"abc\""));
    assert_false(etag_list_has("", "\"abc\""));
    assert_false(etag_list_has("\"abcd\"", "\"abc\""));
}

static void the_memory_limit_holds_and_is_given_back(void **state)
{
    (void)state;
    struct storage *s = storage_with_bucket(4000);
    char text[2000] = "";
    assert_int_equal(storage_put(s, &where_a, object_of(s, text, sizeof text), NULL, NULL),
                     CODE_NONE);
    assert_null(chunk_new(storage_meter(s), 1800));
    assert_int_equal(storage_remove(s, &where_a, NULL, 0, NULL), CODE_NONE);
    struct chunk *chunk = chunk_new(storage_meter(s), 3000);
    assert_non_null(chunk);
    chunk_unref(chunk);
    storage_free(s);
}

static const struct upload_checksum crc64 = {.algorithm = CHECKSUM_CRC64NVME};

/* Keys, uploads and part tables count as bytes do: each is refused, nothing breaks, and what was
 * there stays. */
static void the_memory_limit_covers_what_has_no_bytes(void **state)
{
    (void)state;
    struct storage *s = storage_with_bucket(20000);
    enum code code = CODE_NONE;
    char key[8], id[UPLOAD_ID_SIZE];
    unsigned stored = 0;
    for (; code == CODE_NONE && stored < 1000; stored++) {
        snprintf(key, sizeof key, "%u", stored);
        const struct storage_where where = {"bucket", key, strlen(key), NULL};
        struct chunk *chunk = chunk_new(storage_meter(s), 0);
        struct object *o =
            chunk != NULL ? object_new(chunk, (const uint8_t[MD5_SIZE]){0}, NULL, NULL, 0) : NULL;
        code = o != NULL ? storage_put(s, &where, o, NULL, NULL) : CODE_INSUFFICIENT_STORAGE;
    }
    assert_int_equal(code, CODE_INSUFFICIENT_STORAGE);
    assert_true(stored > 50);
    const struct storage_where first = {"bucket", "0", 1, NULL};
    check_content(s, &first, "");
    assert_int_equal(storage_remove(s, &first, NULL, 0, NULL), CODE_NONE);
    do
        code = storage_create_upload(s, &where_a, "Content-Type: a/b\n", &crc64, 0, id);
    while (code == CODE_NONE);
    assert_int_equal(code, CODE_INSUFFICIENT_STORAGE);
    assert_int_equal(storage_create_bucket(s, "another", 0), CODE_INSUFFICIENT_STORAGE);
    assert_true(storage_used(s) <= 20000);
    storage_free(s);
}

/* Uploads */

static enum code complete(struct storage *s, const char *id, const struct storage_part *parts,
                          size_t count, struct object **out)
{
    const struct storage_completion completion = {.upload_id = id, .parts = parts, .count = count};
    char refusal[STORAGE_REFUSAL_SIZE];
    return storage_complete_upload(s, &where_a, &completion, out, NULL, refusal);
}

static void upload_rules(void **state)
{
    (void)state;
    struct storage *s = storage_with_bucket(0);
    char id[UPLOAD_ID_SIZE], other[UPLOAD_ID_SIZE];
    struct storage_part parts[2] = {{.number = 2}, {.number = 1}};
    struct object *done = NULL;
    assert_int_equal(storage_create_upload(s, &where_a, "", &crc64, 0, id), CODE_NONE);
    assert_int_equal(storage_create_upload(s, &where_a, "", &crc64, 0, other), CODE_NONE);
    assert_string_not_equal(id, other);
    for (unsigned n = 1; n <= 2; n++) {
        struct object *part = object_of(s, n == 1 ? "one" : "two", 3);
        object_etag(part, parts[2 - n].etag);
        assert_int_equal(storage_put_part(s, &where_a, id, n, part), CODE_NONE);
    }
    assert_int_equal(complete(s, id, parts, 2, &done), CODE_INVALID_PART_ORDER);
    const struct storage_part in_order[2] = {parts[1], parts[0]};
    assert_int_equal(complete(s, id, in_order, 2, &done), CODE_ENTITY_TOO_SMALL);
    struct storage_part missing = {.number = 3};
    assert_int_equal(complete(s, id, &missing, 1, &done), CODE_INVALID_PART);
    struct storage_part lying = {.number = 1, .etag = "\"00\""};
    assert_int_equal(complete(s, id, &lying, 1, &done), CODE_INVALID_PART);
    assert_int_equal(complete(s, id, &parts[0], 1, &done), CODE_NONE);
    check_content(s, &where_a, "two");
    check_checksum(done, CHECKSUM_CRC64NVME, "two", 3);
    object_unref(done);
    /* A lost reply is asked for again; other parts, or after the object has gone, are not. */
    assert_int_equal(complete(s, id, &parts[0], 1, &done), CODE_NONE);
    object_unref(done);
    assert_int_equal(complete(s, id, &parts[1], 1, &done), CODE_NO_SUCH_UPLOAD);
    assert_int_equal(storage_put(s, &where_a, object_of(s, "new", 3), NULL, NULL), CODE_NONE);
    assert_int_equal(complete(s, id, &parts[0], 1, &done), CODE_NO_SUCH_UPLOAD);
    assert_int_equal(storage_abort_upload(s, &where_a, id), CODE_NO_SUCH_UPLOAD);
    assert_int_equal(storage_abort_upload(s, &where_a, other), CODE_NONE);
    struct storage_totals totals;
    storage_totals(s, &totals);
    assert_int_equal(totals.uploads, 0);
    assert_int_equal(totals.objects, 1);
    storage_free(s);
}

static void buckets_go_only_when_empty(void **state)
{
    (void)state;
    struct storage *s = storage_with_bucket(0);
    char id[UPLOAD_ID_SIZE];
    assert_int_equal(storage_create_bucket(s, "bucket", 0), CODE_BUCKET_ALREADY_OWNED);
    assert_int_equal(storage_put(s, &where_a, object_of(s, "x", 1), NULL, NULL), CODE_NONE);
    assert_int_equal(storage_remove_bucket(s, "bucket"), CODE_BUCKET_NOT_EMPTY);
    assert_int_equal(storage_remove(s, &where_a, NULL, 0, NULL), CODE_NONE);
    assert_int_equal(storage_create_upload(s, &where_a, "", &crc64, 0, id), CODE_NONE);
    assert_int_equal(storage_remove_bucket(s, "bucket"), CODE_NONE);
    assert_int_equal(storage_remove_bucket(s, "bucket"), CODE_NO_SUCH_BUCKET);
    assert_int_equal(storage_put(s, &where_a, object_of(s, "x", 1), NULL, NULL),
                     CODE_NO_SUCH_BUCKET);
    storage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_agrees_with_a_sorted_array),
        cmocka_unit_test(seek_past_skips_exactly_the_prefix),
        cmocka_unit_test(ranges_follow_the_rfc),
        cmocka_unit_test(joined_and_cut_objects_share_bytes),
        cmocka_unit_test(a_reader_keeps_what_a_put_replaces),
        cmocka_unit_test(conditions_are_checked_where_they_are_applied),
        cmocka_unit_test(etag_lists_are_read_as_clients_write_them),
        cmocka_unit_test(the_memory_limit_holds_and_is_given_back),
        cmocka_unit_test(the_memory_limit_covers_what_has_no_bytes),
        cmocka_unit_test(upload_rules),
        cmocka_unit_test(buckets_go_only_when_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
