/* SPDX-License-Identifier: MIT */
/* manifest: what is written reads back however it is cut; what was tampered with is refused. */
#include "compactor/safe/manifest.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/unit.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static struct safe_manifest_expected expected_of(uint64_t size)
{
    return (struct safe_manifest_expected){.generation = 7,
                                           .partition = "2024/01/14",
                                           .source = "s3://b/in/2024/01/14/",
                                           .key_prefix = "in/2024/01/14/",
                                           .output_dir = "out/2024/01/14",
                                           .size = size};
}

static const char *const keys[] = {"in/2024/01/14/a \"quoted\"\n.json", "in/2024/01/14/b.json",
                                   "in/2024/01/14/\xc3\xa9.json"};

static void make(struct buf *text, char digest[SHA256_HEX_SIZE])
{
    struct error err;
    struct hash *hash;
    struct safe_manifest_head head = {.generation = 7,
                                      .token = TOKEN,
                                      .partition = "2024/01/14",
                                      .source = "s3://b/in/2024/01/14/",
                                      .output = "out/2024/01/14/out-2024-01-14-g00007.json",
                                      .suffix = ".json",
                                      .shape = {.newline_ensure = true, .gzip_level = 9},
                                      .newest_unix_s = 1705219202};
    buf_init(text, 1 << 20);
    assert_ok(hash_new(HASH_SHA256, &hash, &err), &err);
    for (unsigned i = 0; i < 3; i++) {
        struct entry e = {.size = i * 10, .last_modified_unix_s = 1705219200 + i};
        snprintf(e.key, sizeof e.key, "%s", keys[i]);
        snprintf(e.etag, sizeof e.etag, "\"etag%u\"", i);
        const size_t before = text->len;
        assert_ok(safe_manifest_append(text, &e, &err), &err);
        assert_true(text->len - before <= safe_manifest_line_bound(&e));
        digest_add(&head.digest, hash, e.key, e.size, e.etag);
        head.sources++;
        head.nonempty += e.size > 0;
        head.bytes += e.size;
    }
    hash_free(hash);
    snprintf(head.first, sizeof head.first, "%s", keys[0]);
    snprintf(head.last, sizeof head.last, "%s", keys[2]);
    assert_ok(safe_manifest_finish(&head, text, digest, &err), &err);
}

/* Reads it `step` bytes at a time; returns the last event, the number of entries through `entries`. */
static enum safe_manifest_event read_all(const struct buf *text, size_t step, bool intact,
                                         unsigned *entries, char digest[SHA256_HEX_SIZE],
                                         struct error *err)
{
    struct safe_manifest_reader r = {0};
    const struct safe_manifest_expected expected = expected_of(text->len);
    enum safe_manifest_event event = SAFE_MANIFEST_FAILED;
    size_t at = 0;
    *entries = 0;
    if (safe_manifest_reader_init(&r, &expected, err) != STATUS_OK)
        return SAFE_MANIFEST_FAILED;
    while ((event = safe_manifest_read(&r, err)) != SAFE_MANIFEST_END &&
           event != SAFE_MANIFEST_FAILED) {
        if (event == SAFE_MANIFEST_ENTRY) {
            assert_true(*entries < 3);
            assert_true(!intact || (*entries < 3 && strcmp(r.entry.key, keys[*entries]) == 0));
            assert_true(!intact || r.entry.size == 10 * *entries);
            ++*entries;
        }
        if (event != SAFE_MANIFEST_MORE)
            continue;
        const size_t len = text->len - at < step ? text->len - at : step;
        assert_ok(safe_manifest_push(&r, text->data + at, len, err), err);
        at += len;
    }
    if (event == SAFE_MANIFEST_END && intact) {
        assert_true(r.head.shape.newline_ensure);
        assert_false(r.head.shape.csv_header_once);
        assert_int_equal(r.head.shape.gzip_level, 9);
        assert_string_equal(r.head.suffix, ".json");
    }
    if (event == SAFE_MANIFEST_END)
        memcpy(digest, r.digest_hex, SHA256_HEX_SIZE);
    safe_manifest_reader_release(&r);
    return event;
}

static void reads_back_however_it_is_cut(void **state)
{
    (void)state;
    struct buf text;
    struct error err = {0};
    char written[SHA256_HEX_SIZE];
    make(&text, written);
    for (size_t step = 1; step <= text.len; step += step < 40 ? 1 : 97) {
        char digest[SHA256_HEX_SIZE] = "";
        unsigned entries;
        assert_int_equal(read_all(&text, step, true, &entries, digest, &err), SAFE_MANIFEST_END);
        assert_int_equal(entries, 3);
        assert_string_equal(digest, written);
    }
    buf_release(&text);
}

static void any_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct buf text;
    char written[SHA256_HEX_SIZE];
    make(&text, written);
    for (size_t at = 0; at < text.len; at++) {
        struct error err = {0};
        char digest[SHA256_HEX_SIZE] = "";
        unsigned entries;
        const char was = text.data[at];
        text.data[at] ^= 1;
        /* A changed head may still be a head, but then it has another digest. */
        if (memchr(text.data, '\n', text.len) != NULL)
            assert_true(read_all(&text, text.len, false, &entries, digest, &err) ==
                            SAFE_MANIFEST_FAILED ||
                        strcmp(digest, written) != 0);
        text.data[at] = was;
    }
    buf_release(&text);
}

static void cut_off_anywhere_is_noticed(void **state)
{
    (void)state;
    struct buf text;
    char written[SHA256_HEX_SIZE];
    make(&text, written);
    const size_t whole = text.len;
    for (size_t len = 0; len < whole; len++) {
        struct error err = {0};
        char digest[SHA256_HEX_SIZE] = "";
        unsigned entries;
        struct buf part = text;
        part.len = len;
        assert_int_equal(read_all(&part, 64, true, &entries, digest, &err), SAFE_MANIFEST_FAILED);
        assert_int_not_equal(err.status, STATUS_OK);
    }
    buf_release(&text);
}

static void refuse_line(const char *line, const char *problem)
{
    struct safe_manifest_reader r;
    struct error err = {0};
    const struct safe_manifest_expected expected = expected_of(strlen(line));
    assert_ok(safe_manifest_reader_init(&r, &expected, &err), &err);
    assert_ok(safe_manifest_push(&r, line, strlen(line), &err), &err);
    enum safe_manifest_event event = safe_manifest_read(&r, &err);
    if (event == SAFE_MANIFEST_HEAD)
        event = safe_manifest_read(&r, &err);
    assert_int_equal(event, SAFE_MANIFEST_FAILED);
    if (strstr(err.text, problem) == NULL)
        print_error("\"%s\" instead of \"%s\"\n", err.text, problem);
    assert_non_null(strstr(err.text, problem));
    safe_manifest_reader_release(&r);
}

static void strangers_are_refused(void **state)
{
    (void)state;
    static char long_line[SAFE_MANIFEST_LINE_MAX + 2];
    memset(long_line, ' ', sizeof long_line - 1);
    refuse_line(long_line, "longer than any");
    refuse_line("\n", "JSON");
    refuse_line("[]\n", "not a JSON object");
    refuse_line("{\"schema\":\"s3-compact-manifest/2\"}\n", "schema");
    refuse_line("{\"schema\":\"s3-compact-manifest/1\"}\n", "generation");
    refuse_line("{\"a\":1,\"a\":2}\n", "duplicate");
}

static void keys_that_json_cannot_hold(void **state)
{
    (void)state;
    struct buf text;
    struct error err;
    struct entry e = {.key = "in/\xff", .etag = "\"e\""};
    buf_init(&text, 1000);
    assert_status(STATUS_INVALID, safe_manifest_append(&text, &e, &err), &err);
    assert_int_equal(text.len, 0);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_however_it_is_cut),
        cmocka_unit_test(any_changed_byte_is_noticed),
        cmocka_unit_test(cut_off_anywhere_is_noticed),
        cmocka_unit_test(strangers_are_refused),
        cmocka_unit_test(keys_that_json_cannot_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
