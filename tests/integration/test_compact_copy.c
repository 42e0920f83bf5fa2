/* SPDX-License-Identifier: MIT */
/*
 * s3-compact with sources that the server copies: the bytes are the same as when they are read, in
 * every shape of a run; where the server refuses, they are read; and what comes out is held against
 * the sources' checksums.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/base/rng.h"
#include "lib/s3/checksum.h"
#include "lib/s3/object.h"
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#define DAY    "--from", "2024-01-14", "--to", "2024-01-14"
#define IN(x)  "in/2024/01/14/" x
#define OUT(x) "out/2024/01/14/out-2024-01-14" x
#define MIB    (1u << 20)

struct world {
    struct fixture *fixture;
    struct fixture *own; /* of this test alone, or NULL */
    struct store *store;
    char bucket[64];
    char source[128];
    char destination[128];
    struct buf expected;
};

static void world_open(struct world *w, struct fixture *f)
{
    w->fixture = f;
    w->own = NULL;
    w->store = store_open(&f->endpoint);
    buf_init(&w->expected, STORE_OBJECT_MAX);
    snprintf(w->bucket, sizeof w->bucket, "%s", fixture_bucket(f));
    snprintf(w->source, sizeof w->source, "s3://%s/in/", w->bucket);
    snprintf(w->destination, sizeof w->destination, "s3://%s/out/", w->bucket);
}

static void world_close(struct world *w)
{
    buf_release(&w->expected);
    store_close(w->store);
    fixture_free(w->own);
}

static void run(const struct world *w, const char *const *args, int exit_code,
                struct process_result *ran)
{
    fixture_run(w->fixture, args, NULL, ran);
    if (ran->exit_code != exit_code)
        print_error("stdout: %s\nstderr: %s\n", ran->out.data, ran->err.data);
    assert_int_equal(ran->exit_code, exit_code);
}

/* With the checksum that S3 keeps of every object by default. */
static void put_source(struct world *w, const char *key, const void *data, size_t size)
{
    struct s3_request *rq;
    struct error error;
    uint8_t digest[CHECKSUM_SIZE_MAX];
    char text[CHECKSUM_TEXT_SIZE];
    checksum_of(CHECKSUM_CRC64NVME, data, size, digest);
    checksum_encode(CHECKSUM_CRC64NVME, digest, text);
    assert_ok(s3_request_new(store_client(w->store), S3_PUT_OBJECT, w->bucket, key, &rq, &error),
              &error);
    s3_request_header(rq, "x-amz-checksum-crc64nvme", text);
    s3_request_body(rq, data, size, NULL);
    assert_ok(s3_request_run(rq, NULL, NULL, &error), &error);
}

/* Sources below, at and above what is copied; some lend to the part before them. */
static void seed(struct world *w)
{
    static const size_t sizes[] = {6 * MIB,     1 * MIB, 9 * MIB,     1,      5 * MIB,
                                   5 * MIB - 1, 0,       5 * MIB + 1, 300000, 10 * MIB};
    struct rng rng;
    rng_seed(&rng, 7);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char key[64];
        const size_t at = w->expected.len;
        char *data = buf_reserve(&w->expected, sizes[i] + 8);
        assert_non_null(data);
        for (size_t k = 0; k < sizes[i]; k += 8) {
            const uint64_t bits = rng_next(&rng);
            memcpy(data + k, &bits, sizeof bits);
        }
        buf_commit(&w->expected, sizes[i]);
        if (sizes[i] > 0 && i != 2)
            w->expected.data[w->expected.len - 1] = '\n';
        snprintf(key, sizeof key, IN("%02zu.log"), i);
        put_source(w, key, w->expected.data + at, sizes[i]);
    }
}

static void expect_output(const struct world *w)
{
    struct buf got;
    buf_init(&got, STORE_OBJECT_MAX);
    store_get(w->store, w->bucket, OUT(".log"), &got);
    assert_int_equal(got.len, w->expected.len);
    assert_memory_equal(got.data, w->expected.data, got.len);
    assert_int_equal(store_open_uploads(w->store, w->bucket, OUT(".log")), 0);
    buf_release(&got);
}

static json_t *document(const struct process_result *ran)
{
    json_t *doc = json_loads(ran->out.data, 0, NULL);
    assert_non_null(doc);
    return doc;
}

static json_t *output_of(json_t *doc)
{
    json_t *partition = json_array_get(json_object_get(doc, "partitions"), 0);
    return json_array_get(json_object_get(partition, "outputs"), 0);
}

static json_int_t count_of(json_t *doc, const char *operation)
{
    json_t *requests = json_object_get(json_object_get(doc, "requests"), operation);
    return json_integer_value(json_object_get(requests, "count"));
}

static void every_shape_gives_the_same_bytes(void **state)
{
    static const char *const shapes[][5] = {
        {"--mode", "sequential", "--overwrite", "--memory", "16MiB"},
        {"--fan-out", "objects", "-j64", "--overwrite", "--json"},
        {"--fan-out", "objects", "-j2", "--overwrite", "--json"},
        {"--fan-out", "partitions", "-j3", "--overwrite", "--json"},
    };
    struct world w;
    char etag[2][S3_ETAG_MAX];
    world_open(&w, *state);
    seed(&w);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const char *const *s = shapes[i];
        struct process_result ran;
        run(&w,
            FIXTURE_ARGS("s3-compact", "--json", DAY, w.source, w.destination, s[0], s[1], s[2],
                         s[3], s[4]),
            0, &ran);
        expect_output(&w);
        store_header(w.store, w.bucket, OUT(".log"), "etag", etag[i > 0], sizeof etag[0]);
        assert_true(i == 0 || strcmp(etag[0], etag[1]) == 0); /* the same parts, too */
        json_t *doc = document(&ran);
        json_t *output = output_of(doc);
        /* 00 whole, and what 02, 07 and 09 have not lent to the part before them */
        assert_int_equal(json_integer_value(json_object_get(output, "copied_sources")), 4);
        assert_int_equal(count_of(doc, "UploadPartCopy"),
                         json_integer_value(json_object_get(output, "copied_sources")));
        assert_true(json_is_null(json_object_get(output, "sha256")));
        if (w.fixture->server != NULL)
            assert_true(json_is_true(json_object_get(output, "copies_verified")));
        /* A last byte that no newline is goes unread but not unseen. */
        assert_non_null(strstr(ran.err.data, "1 of 10 sources do not end in a newline"));
        json_decref(doc);
        process_result_release(&ran);
    }
    world_close(&w);
}

static void never_reads_everything(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed(&w);
    run(&w, FIXTURE_ARGS("s3-compact", "--json", DAY, "--copy", "never", w.source, w.destination),
        0, &ran);
    expect_output(&w);
    json_t *doc = document(&ran);
    assert_int_equal(count_of(doc, "UploadPartCopy"), 0);
    assert_true(json_is_string(json_object_get(output_of(doc), "sha256")));
    json_decref(doc);
    process_result_release(&ran);
    world_close(&w);
}

static void a_dry_run_counts_copies(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed(&w);
    run(&w, FIXTURE_ARGS("s3-compact", DAY, "--dry-run", w.source, w.destination), 0, &ran);
    assert_non_null(strstr(ran.out.data, "4 UploadPartCopy"));
    process_result_release(&ran);
    run(&w,
        FIXTURE_ARGS("s3-compact", DAY, "--dry-run", "--copy", "never", w.source, w.destination), 0,
        &ran);
    assert_null(strstr(ran.out.data, "UploadPartCopy"));
    process_result_release(&ran);
    world_close(&w);
}

static void a_large_container_is_refused(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    char *data = calloc(1, 9 * MIB);
    assert_non_null(data);
    put_source(&w, IN("1.dat"), "text\n", 5);
    memcpy(data, "PAR1\x15\x04", 6);
    put_source(&w, IN("2.dat"), data, 9 * MIB);
    free(data);
    run(&w, FIXTURE_ARGS("s3-compact", DAY, w.source, w.destination), 1, &ran);
    assert_non_null(strstr(ran.err.data, "\"" IN("2.dat") "\" is Parquet"));
    assert_int_equal(store_count(w.store, w.bucket, "out/"), 0);
    assert_int_equal(store_open_uploads(w.store, w.bucket, OUT(".dat")), 0);
    process_result_release(&ran);
    world_close(&w);
}

/* ---- on a server that misbehaves ---- */

struct fault {
    const char *operation;
    const char *key_end;
    int status; /* 0: changes the checksum of the reply */
    const char *code;
    unsigned after; /* lets so many pass */
    atomic_uint seen;
};

static bool hits(struct fault *f, const struct s3_server_request *request)
{
    const size_t len = strlen(request->key);
    const size_t end = strlen(f->key_end);
    if (strcmp(request->operation, f->operation) != 0 || len < end ||
        strcmp(request->key + len - end, f->key_end) != 0)
        return false;
    return atomic_fetch_add(&f->seen, 1) >= f->after;
}

static enum s3_server_action before(void *ctx, const struct s3_server_request *request,
                                    struct s3_server_reply *reply)
{
    struct fault *f = ctx;
    if (f->status == 0 || !hits(f, request))
        return S3_SERVER_GO_ON;
    reply->status = f->status;
    buf_reset(&reply->body);
    buf_printf(&reply->body, "<Error><Code>%s</Code><Message>made up</Message></Error>", f->code);
    return S3_SERVER_REPLY;
}

static enum s3_server_action after(void *ctx, const struct s3_server_request *request,
                                   struct s3_server_reply *reply)
{
    struct fault *f = ctx;
    if (f->status != 0 || !hits(f, request))
        return S3_SERVER_GO_ON;
    static const char name[] = "x-amz-checksum-crc64nvme: ";
    char *header = strstr(reply->headers.data, name);
    if (header == NULL)
        return S3_SERVER_GO_ON; /* nothing is there yet */
    char *digit = header + strlen(name);
    *digit = *digit == 'A' ? 'B' : 'A';
    return S3_SERVER_GO_ON;
}

static void faulty_open(struct world *w, struct fault *f)
{
    struct fixture *own = fixture_new(
        TEST_ENDPOINT_EMBEDDED,
        &(struct s3_server_options){.hooks = {.ctx = f, .before = before, .after = after}});
    world_open(w, own);
    w->own = own;
    seed(w);
}

static void a_server_that_does_not_copy_is_read_from(void **state)
{
    static const struct {
        int status;
        const char *code;
    } refusals[] = {{501, "NotImplemented"}, {403, "AccessDenied"}, {400, "InvalidRequest"}};
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct fault fault = {"UploadPartCopy", ".log", refusals[i].status, refusals[i].code, 0, 0};
        struct world w;
        struct process_result ran;
        faulty_open(&w, &fault);
        run(&w, FIXTURE_ARGS("s3-compact", "--json", DAY, w.source, w.destination), 0, &ran);
        expect_output(&w);
        json_t *doc = document(&ran);
        json_t *totals = json_object_get(doc, "totals");
        assert_int_equal(json_integer_value(json_object_get(totals, "copies_refused")), 1);
        assert_int_equal(count_of(doc, "UploadPartCopy"), 1); /* asked once, before all else */
        assert_true(json_is_string(json_object_get(output_of(doc), "sha256")));
        assert_non_null(strstr(ran.err.data, refusals[i].code));
        json_decref(doc);
        process_result_release(&ran);
        world_close(&w);
    }
}

static void fails(struct fault *fault, const char *why)
{
    struct world w;
    struct process_result ran;
    faulty_open(&w, fault);
    run(&w, FIXTURE_ARGS("s3-compact", DAY, w.source, w.destination), 1, &ran);
    if (strstr(ran.err.data, why) == NULL)
        print_error("expected \"%s\" in: %s\n", why, ran.err.data);
    assert_non_null(strstr(ran.err.data, why));
    assert_int_equal(store_count(w.store, w.bucket, "out/"), 0);
    assert_int_equal(store_open_uploads(w.store, w.bucket, OUT(".log")), 0);
    process_result_release(&ran);
    world_close(&w);
}

static void failures_leave_nothing(void **state)
{
    (void)state;
    /* Once one part was copied, there is no way back. */
    fails(&(struct fault){"UploadPartCopy", ".log", 403, "AccessDenied", 1, 0}, "AccessDenied");
    fails(&(struct fault){"UploadPartCopy", ".log", 412, "PreconditionFailed", 0, 0}, "source");
    fails(&(struct fault){"UploadPartCopy", ".log", 412, "PreconditionFailed", 1, 0},
          "changed after it was listed");
    fails(&(struct fault){"HeadObject", "07.log", 404, "NoSuchKey", 0, 0}, "vanished");
    fails(&(struct fault){"GetObject", "09.log", 412, "PreconditionFailed", 0, 0}, "changed");
}

static void what_differs_from_its_checksums_is_removed(void **state)
{
    (void)state;
    fails(&(struct fault){"HeadObject", "09.log", 0, "", 0, 0},
          "is not what its sources' checksums say");
    fails(&(struct fault){"HeadObject", OUT(".log"), 0, "", 0, 0}, "it was removed");
}

int main(void)
{
    const struct CMUnitTest real[] = {
        cmocka_unit_test(every_shape_gives_the_same_bytes),
        cmocka_unit_test(never_reads_everything),
        cmocka_unit_test(a_dry_run_counts_copies),
        cmocka_unit_test(a_large_container_is_refused),
    };
    const struct CMUnitTest embedded[] = {
        cmocka_unit_test(every_shape_gives_the_same_bytes),
        cmocka_unit_test(never_reads_everything),
        cmocka_unit_test(a_dry_run_counts_copies),
        cmocka_unit_test(a_large_container_is_refused),
        cmocka_unit_test(a_server_that_does_not_copy_is_read_from),
        cmocka_unit_test(failures_leave_nothing),
        cmocka_unit_test(what_differs_from_its_checksums_is_removed),
    };
    const char *endpoint = getenv("TEST_ENDPOINT");
    if (endpoint != NULL && strcmp(endpoint, "embedded") != 0)
        return FIXTURE_MAIN(real);
    return FIXTURE_MAIN(embedded);
}
