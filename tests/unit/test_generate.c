/* SPDX-License-Identifier: MIT */
/* generate - whole runs into a directory: files, manifest, cancellation and failing writes. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generator/directory.h"
#include "generator/generate.h"
#include "generator/rows.h"
#include "tests/support/unit.h"

struct tree {
    char root[64];
    char data[80];
    char manifest[80];
};

static bool never(void)
{
    return false;
}

static bool at_once(void)
{
    return true;
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

static int setup(void **state)
{
    struct tree *t = calloc(1, sizeof *t);
    assert_non_null(t);
    snprintf(t->root, sizeof t->root, "/tmp/test_generate.XXXXXX");
    assert_non_null(mkdtemp(t->root));
    snprintf(t->data, sizeof t->data, "%s/data", t->root);
    snprintf(t->manifest, sizeof t->manifest, "%s/m.jsonl", t->root);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct tree *t = *state;
    int failed = nftw(t->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(t);
    return failed;
}

static struct dataset week(void)
{
    struct dataset d = {
        .seed = 5, .files = 60, .rows = 3, .prefix = "in/", .date_format = "%Y/%m/%d"};
    assert_int_equal(date_parse("2024-02-26", &d.from, NULL), STATUS_OK);
    assert_int_equal(date_parse("2024-03-03", &d.to, NULL), STATUS_OK);
    return d;
}

/* A run into the tree's directory, its manifest beside it. */
static enum status run_into(const struct tree *t, const struct dataset *d, bool (*cancelled)(void),
                            uint64_t *objects, struct error *err)
{
    struct manifest_head head;
    struct manifest_writer *manifest = NULL;
    struct sink *sink = NULL;
    manifest_head_init(&head, d, NULL);
    assert_ok(sink_directory_new(t->data, rows_size_max(d), &sink, err), err);
    assert_ok(manifest_writer_new(t->manifest, &head, &manifest, err), err);
    const struct generate run = {
        .dataset = d, .sink = sink, .manifest = manifest, .cancelled = cancelled};
    enum status status = generate_run(&run, err);
    if (status == STATUS_OK)
        status = manifest_writer_commit(manifest, err);
    *objects = sink->objects;
    manifest_writer_free(manifest);
    sink_free(sink);
    return status;
}

struct check {
    const struct tree *tree;
    const struct dataset *dataset;
    struct buf joined; /* of the current partition */
    uint64_t objects;
    uint64_t partitions;
};

static enum status check_object(void *ctx, const struct manifest_object *o, struct error *err)
{
    (void)err;
    struct check *c = ctx;
    char path[2048];
    char text[4096];
    uint8_t digest[SHA256_SIZE];
    snprintf(path, sizeof path, "%s/%s", c->tree->data, o->key);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    size_t n = fread(text, 1, sizeof text, in);
    fclose(in);
    assert_int_equal(n, o->size);
    sha256(text, n, digest);
    assert_memory_equal(digest, o->sha256, SHA256_SIZE);
    assert_int_equal(o->rows, c->dataset->rows);
    buf_append(&c->joined, text, n);
    c->objects++;
    return STATUS_OK;
}

static enum status check_partition(void *ctx, const struct manifest_partition *p, struct error *err)
{
    (void)err;
    struct check *c = ctx;
    uint8_t digest[SHA256_SIZE];
    struct civil_hour date;
    struct buf partition;
    buf_init(&partition, DATASET_KEY_MAX);
    assert_ok(date_parse(p->date, &date, err), err);
    dataset_append_partition(c->dataset, date, &partition);
    assert_string_equal(p->partition, partition.data);
    buf_release(&partition);
    assert_int_equal(p->bytes, c->joined.len);
    sha256(c->joined.data, c->joined.len, digest);
    assert_memory_equal(digest, p->sha256, SHA256_SIZE);
    buf_reset(&c->joined);
    c->partitions++;
    return STATUS_OK;
}

static void test_tree_is_what_the_manifest_says(void **state)
{
    struct tree *t = *state;
    struct dataset d = week();
    struct error err;
    uint64_t objects;
    struct manifest_head head;
    assert_ok(run_into(t, &d, never, &objects, &err), &err);
    assert_int_equal(objects, 60);
    struct check check = {.tree = t, .dataset = &d};
    buf_init(&check.joined, 1 << 20);
    const struct manifest_visitor visitor = {
        .ctx = &check, .object = check_object, .partition = check_partition};
    assert_ok(manifest_read(t->manifest, &head, &visitor, &err), &err);
    assert_int_equal(check.objects, 60);
    assert_in_range(check.partitions, 2, 7);
    assert_int_equal(head.seed, 5);
    buf_release(&check.joined);
}

/* The whole of a small manifest, computed by an independent implementation. */
static void test_manifest_is_pinned(void **state)
{
    struct tree *t = *state;
    struct dataset d = week();
    struct error err;
    uint64_t objects;
    assert_ok(run_into(t, &d, never, &objects, &err), &err);
    char text[65536];
    char hex[SHA256_HEX_SIZE];
    uint8_t digest[SHA256_SIZE];
    FILE *in = fopen(t->manifest, "r");
    assert_non_null(in);
    size_t n = fread(text, 1, sizeof text, in);
    fclose(in);
    sha256(text, n, digest);
    hex_encode(digest, sizeof digest, hex);
    assert_string_equal(hex, "df6ba032c2219bf3791a8d6a49269cf4100be4347d33405b26280ec7ec8952b7");
}

static void test_cancelled_run_leaves_no_manifest(void **state)
{
    struct tree *t = *state;
    struct dataset d = week();
    struct error err;
    uint64_t objects;
    assert_status(STATUS_CANCELLED, run_into(t, &d, at_once, &objects, &err), &err);
    assert_int_equal(objects, 0);
    assert_int_equal(access(t->manifest, F_OK), -1);
}

/* A limit on file sizes stands in for a full disk: a write comes up short, the next one fails. */
static void test_short_write_leaves_no_file(void **state)
{
    struct tree *t = *state;
    struct dataset d = week();
    struct error err;
    struct sink *sink = NULL;
    struct rlimit before;
    d.files = 1;
    d.rows = 100;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {.rlim_cur = 4096, .rlim_max = before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_ok(sink_directory_new(t->data, rows_size_max(&d), &sink, &err), &err);
    const struct generate run = {.dataset = &d, .sink = sink, .cancelled = never};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum status status = generate_run(&run, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(err.text, "test_data_0.json"));
    assert_non_null(strstr(err.text, strerror(EFBIG)));
    assert_int_equal(sink->objects, 0);
    sink_free(sink);
    struct buf path;
    buf_init(&path, 4096);
    buf_printf(&path, "%s/", t->data);
    dataset_append_key(&d, 0, &path);
    assert_int_equal(access(path.data, F_OK), -1);
    buf_release(&path);
}

static void test_prefixes_for_directories(void **state)
{
    (void)state;
    static const char *const good[] = {"", "a", "a/", "a/b/", "..a/", "a../b/.c/", "a/.."};
    static const char *const bad[] = {"/", "/a/", "a//", "../", "a/../", "./", "a/./b/"};
    struct error err;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_ok(directory_prefix_check(good[i], &err), &err);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_status(STATUS_INVALID, directory_prefix_check(bad[i], &err), &err);
}

static void test_directory_in_the_way(void **state)
{
    struct tree *t = *state;
    struct error err;
    struct sink *sink = NULL;
    FILE *in_the_way = fopen(t->data, "w");
    assert_non_null(in_the_way);
    fclose(in_the_way);
    assert_status(STATUS_IO, sink_directory_new(t->data, 100, &sink, &err), &err);
    assert_null(sink);
    assert_non_null(strstr(err.text, t->data));
}

static void test_files_too_large(void **state)
{
    (void)state;
    struct dataset d = week();
    struct error err;
    d.rows = DATASET_ROWS_MAX;
    assert_status(STATUS_INVALID, generate_check(&d, &err), &err);
    assert_non_null(strstr(err.text, "rows"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tree_is_what_the_manifest_says, setup, teardown),
        cmocka_unit_test_setup_teardown(test_manifest_is_pinned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancelled_run_leaves_no_manifest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_short_write_leaves_no_file, setup, teardown),
        cmocka_unit_test(test_prefixes_for_directories),
        cmocka_unit_test_setup_teardown(test_directory_in_the_way, setup, teardown),
        cmocka_unit_test(test_files_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
