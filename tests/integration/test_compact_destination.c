/* SPDX-License-Identifier: MIT */
/* How outputs are kept, and destinations that are reached in another way than sources. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/compact_world.h"

#define DAY    "--from", "2024-01-14", "--to", "2024-01-14"
#define OUT_14 "out/2024/01/14/out-2024-01-14.json"

static void expect_header(const struct world *w, const char *key, const char *name,
                          const char *value)
{
    char got[256];
    store_header(w->store, w->bucket, key, name, got, sizeof got);
    assert_string_equal(got, value);
}

static void seed(const struct world *w)
{
    world_put(w, "in/2024/01/14/a.json", "a\n");
    world_put(w, "in/2024/01/14/b.json", "b\n");
}

/* One part, and several: the same headers go with PutObject and CreateMultipartUpload. */
static void outputs_are_kept_as_asked(void **state)
{
    static char large[9 << 20];
    struct world w;
    world_open(&w, *state);
    seed(&w);
    memset(large, 'x', sizeof large);
    store_put(w.store, w.bucket, "in/2024/01/15/a.json", large, sizeof large);
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--from", "2024-01-14", "--to", "2024-01-15",
                            "--storage-class", "REDUCED_REDUNDANCY", "--tagging",
                            "kind=compacted&team=a%20b", "--content-type", "application/x-ndjson",
                            w.source, w.destination),
               0, "2 partitions: 2 compacted");
    const char *const outputs[] = {OUT_14, "out/2024/01/15/out-2024-01-15.json"};
    for (int i = 0; i < 2; i++) {
        expect_header(&w, outputs[i], "content-type", "application/x-ndjson");
        /* versitygw keeps no class, and answers HEAD without the tags. */
        if (w.fixture->endpoint.kind == TEST_ENDPOINT_VERSITYGW)
            continue;
        expect_header(&w, outputs[i], "x-amz-storage-class", "REDUCED_REDUNDANCY");
        expect_header(&w, outputs[i], "x-amz-tagging-count", "2");
    }
    world_close(&w);
}

static void encryption_is_asked_for(void **state)
{
    struct world w;
    world_open(&w, *state);
    seed(&w);
    const bool embedded = w.fixture->endpoint.kind == TEST_ENDPOINT_EMBEDDED;
    const bool minio = w.fixture->endpoint.kind == TEST_ENDPOINT_MINIO;
    const char *const *args = FIXTURE_ARGS("s3-compact", DAY, "--sse", "AES256", "--max-attempts",
                                           "1", w.source, w.destination);
    if (minio) { /* it has no keys to encrypt with here, and says so */
        world_says(&w, args, 1, "destination");
        world_expect_keys(&w, "out/", "");
    } else {
        world_says(&w, args, 0, "1 compacted");
    }
    if (embedded)
        expect_header(&w, OUT_14, "x-amz-server-side-encryption", "AES256");
    world_close(&w);
}

static void other_destination(struct fixture *f, struct world *w, char url[64])
{
    world_open(w, f);
    snprintf(url, 64, "%s", f->endpoint.url);
}

/* The source on one server, the destination on another, each with keys of its own. */
static void another_endpoint(void **state)
{
    struct world from;
    struct world to;
    char url[64];
    char config[FIXTURE_PATH_MAX + 32];
    char text[512];
    struct process_result ran;
    struct fixture *other = fixture_new(TEST_ENDPOINT_EMBEDDED, NULL);
    world_open(&from, *state);
    other_destination(other, &to, url);
    seed(&from);
    snprintf(config, sizeof config, "%s/credentials", from.fixture->root);
    snprintf(text, sizeof text, "[there]\naws_access_key_id = %s\naws_secret_access_key = %s\n",
             other->endpoint.access_key_id, other->endpoint.secret_access_key);
    fixture_write_file(config, text, strlen(text));
    char variable[FIXTURE_PATH_MAX + 64];
    snprintf(variable, sizeof variable, "AWS_SHARED_CREDENTIALS_FILE=%s", config);
    const char *const env[] = {variable, NULL};
    const char *const *args =
        FIXTURE_ARGS("s3-compact", DAY, "--json", "--destination-endpoint-url", url,
                     "--destination-profile", "there", from.source, to.destination);
    fixture_run(from.fixture, args, env, &ran);
    if (ran.exit_code != 0)
        print_error("%s\n", ran.err.data);
    assert_int_equal(ran.exit_code, 0);
    /* Requests of both sides are counted. */
    assert_non_null(strstr(ran.out.data, "\"GetObject\":{\"count\":2"));
    assert_non_null(strstr(ran.out.data, "\"PutObject\":{\"count\":1"));
    process_result_release(&ran);
    world_expect(&to, OUT_14, "a\nb\n");
    assert_int_equal(store_count(from.store, from.bucket, "out/"), 0);
    /* A destination that is down fails as the destination. */
    args = FIXTURE_ARGS("s3-compact", DAY, "--max-attempts", "1", "--destination-endpoint-url",
                        "http://127.0.0.1:1", "--destination-region", "eu-west-1", from.source,
                        to.destination);
    world_says(&from, args, 1, "destination");
    world_close(&to);
    fixture_free(other);
    world_close(&from);
}

/* Requests as a run then makes them, three lines of storage, and no saving where there is none. */
static void a_dry_run_says_what_it_costs(void **state)
{
    struct world w;
    char path[FIXTURE_PATH_MAX + 32];
    static const char table[] =
        "{\"region\":\"here\",\"date\":\"2026-01\",\"currency\":\"EUR\",\"classes\":{\"STANDARD\":"
        "{\"storage_gb_month\":1000000,\"write_per_1000\":1000,\"read_per_1000\":2000}}}";
    world_open(&w, *state);
    seed(&w);
    snprintf(path, sizeof path, "%s/prices.json", w.fixture->root);
    fixture_write_file(path, table, strlen(table));
    const char *const *dry =
        FIXTURE_ARGS("s3-compact", DAY, "--dry-run", "--prices", path, w.source, w.destination);
    world_says(&w, dry, 0,
               "requests it would take: 2 ListObjectsV2, 1 HeadObject, 2 GetObject, 1 PutObject\n"
               "cost in here, prices of 2026-01:\n"
               "  compacting, once                  9.00 EUR\n"
               "  storage a month, now              0.0037 EUR\n"
               "  storage a month, sources kept     0.0075 EUR\n"
               "  storage a month, sources deleted  0.0037 EUR\n"
               "  a full read of the sources        4.00 EUR\n"
               "  a full read of the outputs        2.00 EUR\n"
               "  pays for itself: after 5 full reads\n"
               "  no saving in storage");
    world_says(&w, FIXTURE_ARGS("s3-compact", DAY, "--json", w.source, w.destination), 0,
               "\"cost\":null");
    world_says(&w, dry, 0, "HeadObject\ncost in here");
    store_delete(w.store, w.bucket, "in/2024/01/14/b.json");
    store_delete(w.store, w.bucket, OUT_14);
    world_says(&w, dry, 0, "no saving: neither storage nor reading gets cheaper");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", DAY, "--dry-run", "--json", "--storage-class", "SNOW",
                            w.source, w.destination),
               0, "have none for the class SNOW");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_kept_as_asked),
        cmocka_unit_test(encryption_is_asked_for),
        cmocka_unit_test(another_endpoint),
        cmocka_unit_test(a_dry_run_says_what_it_costs),
    };
    return FIXTURE_MAIN(tests);
}
