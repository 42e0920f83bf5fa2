/* SPDX-License-Identifier: MIT */
/* manifest - written, read back, and broken in every way a reader must notice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generator/manifest.h"
#include "tests/support/unit.h"

#define HEAD                                                                                       \
    "{\"schema\":\"s3-generate/1\",\"algorithm\":1,\"format\":\"ndjson\",\"seed\":7,\"rows\":2,"   \
    "\"files\":2,\"from\":\"2024-01-01\",\"to\":\"2024-01-02\",\"date_format\":\"%Y/%m/%d\","      \
    "\"bucket\":\"b\",\"prefix\":\"p/\"}\n"
#define SHA   "\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""
#define FIRST "{\"key\":\"p/2024/01/01/a\",\"size\":3," SHA ",\"rows\":2,\"date\":\"2024-01-01\"}\n"
#define SECOND                                                                                     \
    "{\"key\":\"p/2024/01/01/b\",\"size\":4," SHA ",\"rows\":2,\"date\":\"2024-01-01\"}\n"
#define PARTITION                                                                                  \
    "{\"partition\":\"p/2024/01/01/\",\"date\":\"2024-01-01\",\"objects\":2,\"bytes\":7," SHA "}"  \
    "\n"

struct file {
    char directory[64];
    char path[96];
};

static int setup(void **state)
{
    struct file *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->directory, sizeof f->directory, "/tmp/test_manifest.XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->path, sizeof f->path, "%s/m.jsonl", f->directory);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct file *f = *state;
    unlink(f->path);
    /* Fails when a temporary file was left behind. */
    int failed = rmdir(f->directory);
    free(f);
    return failed;
}

static void write_text(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

static void assert_text(const char *path, const char *expected)
{
    char text[4096];
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    size_t n = fread(text, 1, sizeof text - 1, in);
    text[n] = '\0';
    fclose(in);
    assert_string_equal(text, expected);
}

static struct dataset two_days(void)
{
    struct dataset d = {
        .seed = 7, .files = 2, .rows = 2, .prefix = "p/", .date_format = "%Y/%m/%d"};
    assert_int_equal(date_parse("2024-01-01", &d.from, NULL), STATUS_OK);
    assert_int_equal(date_parse("2024-01-02", &d.to, NULL), STATUS_OK);
    return d;
}

static struct manifest_object object(const char *key, uint64_t size)
{
    struct manifest_object o = {.size = size, .rows = 2, .date = "2024-01-01"};
    snprintf(o.key, sizeof o.key, "%s", key);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        o.sha256[i] = (uint8_t)(i % 8 * 0x22 + 0x01);
    return o;
}

struct seen {
    unsigned objects;
    unsigned partitions;
    struct manifest_object last;
    struct manifest_partition partition;
};

static enum status see_object(void *ctx, const struct manifest_object *o, struct error *err)
{
    (void)err;
    struct seen *seen = ctx;
    seen->objects++;
    seen->last = *o;
    return STATUS_OK;
}

static enum status see_partition(void *ctx, const struct manifest_partition *p, struct error *err)
{
    (void)err;
    struct seen *seen = ctx;
    seen->partitions++;
    seen->partition = *p;
    return STATUS_OK;
}

static struct manifest_visitor watch(struct seen *seen)
{
    return (struct manifest_visitor){.ctx = seen, .object = see_object, .partition = see_partition};
}

static void test_written_text(void **state)
{
    struct file *f = *state;
    struct error err;
    struct dataset d = two_days();
    struct manifest_head head;
    struct manifest_writer *w = NULL;
    manifest_head_init(&head, &d, "b");
    assert_ok(manifest_writer_new(f->path, &head, &w, &err), &err);
    struct manifest_object a = object("p/2024/01/01/a", 3), b = object("p/2024/01/01/b", 4);
    assert_int_equal(hex_decode("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                                a.sha256, SHA256_SIZE),
                     0);
    memcpy(b.sha256, a.sha256, SHA256_SIZE);
    assert_ok(manifest_write_object(w, &a, &err), &err);
    assert_ok(manifest_write_object(w, &b, &err), &err);
    struct manifest_partition p = {
        .partition = "p/2024/01/01/", .date = "2024-01-01", .objects = 2, .bytes = 7};
    memcpy(p.sha256, a.sha256, SHA256_SIZE);
    assert_ok(manifest_write_partition(w, &p, &err), &err);
    assert_int_equal(access(f->path, F_OK), -1); /* not there before it is whole */
    assert_ok(manifest_writer_commit(w, &err), &err);
    manifest_writer_free(w);
    assert_text(f->path, HEAD FIRST SECOND PARTITION);
}

static void test_round_trip(void **state)
{
    struct file *f = *state;
    struct error err;
    struct dataset d = two_days();
    d.files = 1;
    d.prefix = "odd \"\\\n\xc3\xa9/";
    struct manifest_head head, head_read;
    struct manifest_writer *w = NULL;
    manifest_head_init(&head, &d, NULL);
    assert_ok(manifest_writer_new(f->path, &head, &w, &err), &err);
    struct manifest_object o = object("odd \"\\\n\xc3\xa9/2024/01/01/x", UINT64_C(1) << 40);
    assert_ok(manifest_write_object(w, &o, &err), &err);
    struct manifest_partition p = {.partition = "odd \"\\\n\xc3\xa9/2024/01/01/",
                                   .date = "2024-01-01",
                                   .objects = 1,
                                   .bytes = UINT64_C(1) << 40};
    assert_ok(manifest_write_partition(w, &p, &err), &err);
    assert_ok(manifest_writer_commit(w, &err), &err);
    manifest_writer_free(w);

    struct seen seen = {0};
    struct manifest_visitor visitor = watch(&seen);
    assert_ok(manifest_read(f->path, &head_read, &visitor, &err), &err);
    assert_string_equal(head_read.prefix, d.prefix);
    assert_string_equal(head_read.bucket, "");
    assert_string_equal(head_read.from, "2024-01-01");
    assert_string_equal(head_read.to, "2024-01-02");
    assert_int_equal(head_read.seed, 7);
    assert_int_equal(seen.objects, 1);
    assert_int_equal(seen.partitions, 1);
    assert_string_equal(seen.last.key, o.key);
    assert_int_equal(seen.last.size, o.size);
    assert_memory_equal(seen.last.sha256, o.sha256, SHA256_SIZE);
    assert_string_equal(seen.partition.partition, p.partition);
}

static void test_abandoned_leaves_nothing(void **state)
{
    struct file *f = *state;
    struct error err;
    struct dataset d = two_days();
    struct manifest_head head;
    struct manifest_writer *w = NULL;
    write_text(f->path, "the one before\n");
    manifest_head_init(&head, &d, "b");
    assert_ok(manifest_writer_new(f->path, &head, &w, &err), &err);
    struct manifest_object o = object("p/2024/01/01/a", 3);
    assert_ok(manifest_write_object(w, &o, &err), &err);
    manifest_writer_free(w);
    assert_text(f->path, "the one before\n");
}

static void test_write_errors(void **state)
{
    (void)state;
    struct error err;
    struct dataset d = two_days();
    struct manifest_head head;
    struct manifest_writer *w = NULL;
    manifest_head_init(&head, &d, "b");
    assert_status(STATUS_IO, manifest_writer_new("/nonexistent/m.jsonl", &head, &w, &err), &err);
    assert_non_null(strstr(err.text, "/nonexistent/m.jsonl"));
    assert_null(w);
    if (access("/dev/full", W_OK) != 0)
        return;
    assert_ok(manifest_writer_new("/dev/full", &head, &w, &err), &err);
    assert_status(STATUS_IO, manifest_writer_commit(w, &err), &err);
    assert_non_null(strstr(err.text, "No space left"));
    manifest_writer_free(w);
    assert_int_equal(access("/dev/full", W_OK), 0);
}

struct broken {
    const char *text;
    const char *says; /* after the path */
};

static void test_broken_lines(void **state)
{
    struct file *f = *state;
    static const struct broken cases[] = {
        {"", ": the file is empty"},
        {"{\"schema\":\"s3-generate/2\"}\n", ":1: schema \"s3-generate/2\""},
        {"{\"seed\":1}\n", ":1: \"schema\" is missing"},
        {FIRST, ":1: \"schema\" is missing"},
        {HEAD "nonsense\n", ":2: not a JSON object"},
        {HEAD "[1]\n", ":2: not a JSON object"},
        {HEAD "{}\n", ":2: neither"},
        {HEAD FIRST "{\"key\":\"p/2024/01/01/b\"}\n", ":3: \"size\" is missing"},
        {HEAD "{\"key\":\"k\",\"size\":-1}\n", ":2: \"size\""},
        {HEAD "{\"key\":\"k\",\"size\":1,\"rows\":1,\"date\":\"2024-01-01\",\"sha256\":\"zz\"}\n",
         ":2: \"sha256\""},
        {HEAD "{\"key\":\"k\",\"key\":\"k\"}\n", ":2: not a JSON object"},
        {HEAD SECOND FIRST, ":3: key \"p/2024/01/01/a\" is out of order"},
        {HEAD FIRST FIRST, ":3: key"},
        {HEAD FIRST PARTITION, ":3: the partition has 2 objects of 7 bytes"},
        {HEAD FIRST SECOND, ": cut off after line 3"},
        {HEAD, ": cut off after line 1: 0 of 2"},
        {HEAD FIRST "{\"key\":\"p/20", ":3: the line is cut off"},
        {HEAD FIRST SECOND
         "{\"partition\":\"q/\",\"date\":\"2024-01-01\",\"objects\":2,\"bytes\":7," SHA "}\n",
         ":4: key \"p/2024/01/01/b\" is not under \"q/\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};
        write_text(f->path, cases[i].text);
        assert_status(STATUS_INVALID, manifest_read(f->path, NULL, NULL, &err), &err);
        size_t path_len = strlen(f->path);
        assert_memory_equal(err.text, f->path, path_len);
        if (strncmp(err.text + path_len, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.text, cases[i].says);
    }
}

static void test_long_line(void **state)
{
    struct file *f = *state;
    struct error err;
    static char text[2 * MANIFEST_LINE_MAX];
    memset(text, ' ', sizeof text - 2);
    text[sizeof text - 2] = '\n';
    write_text(f->path, text);
    assert_status(STATUS_INVALID, manifest_read(f->path, NULL, NULL, &err), &err);
    assert_non_null(strstr(err.text, ":1: the line is too long"));
}

static void test_missing_file(void **state)
{
    struct file *f = *state;
    struct error err;
    assert_status(STATUS_NOT_FOUND, manifest_read(f->path, NULL, NULL, &err), &err);
    assert_non_null(strstr(err.text, f->path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_written_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_abandoned_leaves_nothing, setup, teardown),
        cmocka_unit_test(test_write_errors),
        cmocka_unit_test_setup_teardown(test_broken_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_file, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
