/* SPDX-License-Identifier: MIT */
/* The store's versions against a model that keeps them in plain arrays: random puts, deletes and
 * changes of state, and after each of them what is current and what is there. */
#include "tests/support/unit.h"

#include "bench/server/storage.h"
#include "lib/base/rng.h"

#define KEYS         5
#define VERSIONS_MAX 64
#define STEPS        20000

struct model_version {
    char id[VERSION_ID_SIZE];
    uint64_t size; /* tells objects apart */
    bool is_marker;
};
struct model_key {
    struct model_version versions[VERSIONS_MAX]; /* the oldest first */
    size_t count;
};
struct model {
    struct storage *store;
    enum versioning versioning;
    struct model_key keys[KEYS];
    struct rng rng;
};

static const char *const key_names[KEYS] = {"a", "a-b", "a/b", "b", "z"};

static struct storage_where where_of(size_t key, const char *version_id)
{
    return (struct storage_where){"bucket", key_names[key], strlen(key_names[key]), version_id};
}

static void model_take_out(struct model_key *k, size_t index)
{
    k->count--;
    for (size_t i = index; i < k->count; i++)
        k->versions[i] = k->versions[i + 1];
}

/* A new version on top; a null one takes the place of the null one before. */
static void model_push(struct model *m, size_t key, const struct storage_version *made,
                       uint64_t size, bool is_marker)
{
    struct model_key *k = &m->keys[key];
    struct model_version v = {.id = "null", .size = size, .is_marker = is_marker};
    if (m->versioning != VERSIONING_NEVER)
        snprintf(v.id, sizeof v.id, "%s", made->id);
    assert_int_equal(strcmp(v.id, "null") == 0, m->versioning != VERSIONING_ENABLED);
    for (size_t i = 0; i < k->count; i++)
        if (strcmp(k->versions[i].id, v.id) == 0)
            model_take_out(k, i);
    k->versions[k->count++] = v;
}

static void put_one(struct model *m, size_t key, uint64_t size)
{
    const struct storage_where where = where_of(key, NULL);
    struct storage_version made = {.id = ""};
    struct chunk *chunk = chunk_new(storage_meter(m->store), (size_t)size);
    assert_non_null(chunk);
    struct object *o = object_new(chunk, (const uint8_t[MD5_SIZE]){0}, NULL, NULL, 0);
    assert_non_null(o);
    assert_int_equal(storage_put(m->store, &where, o, NULL, &made), CODE_NONE);
    model_push(m, key, &made, size, false);
}

static void delete_one(struct model *m, size_t key)
{
    const struct storage_where where = where_of(key, NULL);
    struct storage_version made = {.id = ""};
    assert_int_equal(storage_remove(m->store, &where, NULL, 0, &made), CODE_NONE);
    assert_int_equal(made.is_marker, m->versioning != VERSIONING_NEVER);
    if (m->versioning == VERSIONING_NEVER)
        m->keys[key].count = 0;
    else
        model_push(m, key, &made, 0, true);
}

static void delete_version(struct model *m, size_t key)
{
    struct model_key *k = &m->keys[key];
    if (k->count == 0)
        return;
    const size_t index = (size_t)rng_below(&m->rng, k->count);
    const struct storage_where where = where_of(key, k->versions[index].id);
    struct storage_version gone = {.id = ""};
    assert_int_equal(storage_remove(m->store, &where, NULL, 0, &gone), CODE_NONE);
    assert_int_equal(gone.is_marker, k->versions[index].is_marker);
    model_take_out(k, index);
}

static void check_version(struct model *m, size_t key, const char *id,
                          const struct model_version *expected)
{
    const struct storage_where where = where_of(key, id);
    struct storage_version found = {.id = ""};
    struct object *o = NULL;
    const enum code code = storage_get(m->store, &where, &o, &found);
    if (expected == NULL || expected->is_marker) {
        assert_int_equal(code, id != NULL ? CODE_METHOD_NOT_ALLOWED : CODE_NO_SUCH_KEY);
        assert_int_equal(found.is_marker, expected != NULL);
        return;
    }
    assert_int_equal(code, CODE_NONE);
    assert_int_equal(o->size, expected->size);
    if (m->versioning != VERSIONING_NEVER)
        assert_string_equal(found.id, expected->id);
    object_unref(o);
}

static void check_key(struct model *m, size_t key)
{
    const struct model_key *k = &m->keys[key];
    check_version(m, key, NULL, k->count > 0 ? &k->versions[k->count - 1] : NULL);
    for (size_t i = 0; i < k->count; i++)
        check_version(m, key, k->versions[i].id, &k->versions[i]);
    /* Only what is more than one null version has a history, and it is in order. */
    const struct bucket *b = storage_read_begin(m->store, "bucket");
    const struct history *h = storage_find_history(b, key_names[key], strlen(key_names[key]));
    const bool plain = k->count == 0 || (k->count == 1 && !k->versions[0].is_marker &&
                                         strcmp(k->versions[0].id, "null") == 0);
    assert_int_equal(h == NULL, plain);
    for (size_t i = 0; h != NULL && i < h->count; i++) {
        char id[VERSION_ID_SIZE];
        assert_int_equal(h->count, k->count);
        version_id_format(h->versions[i].id, id);
        assert_string_equal(id, k->versions[i].id);
    }
    storage_read_end(m->store);
}

static void versions_agree_with_a_model(void **state)
{
    (void)state;
    static struct model m;
    m.store = storage_new(0);
    assert_non_null(m.store);
    rng_seed(&m.rng, 1);
    assert_int_equal(storage_create_bucket(m.store, "bucket", 0), CODE_NONE);
    for (uint64_t step = 1; step <= STEPS; step++) {
        const size_t key = (size_t)rng_below(&m.rng, KEYS);
        const uint64_t what = rng_below(&m.rng, 100);
        if (what == 0 && step > 500) {
            m.versioning = rng_below(&m.rng, 2) == 0 ? VERSIONING_ENABLED : VERSIONING_SUSPENDED;
            assert_int_equal(storage_set_versioning(m.store, "bucket", m.versioning), CODE_NONE);
        } else if (what < 40 && m.keys[key].count < VERSIONS_MAX) {
            put_one(&m, key, step);
        } else if (what < 50 && m.keys[key].count < VERSIONS_MAX) {
            delete_one(&m, key);
        } else {
            delete_version(&m, key);
        }
        check_key(&m, key);
    }
    storage_free(m.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(versions_agree_with_a_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
