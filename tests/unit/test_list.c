/* SPDX-License-Identifier: MIT */
/* Pages of a listing: good ones, and all that must not be believed. */
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "lib/s3/list_parse.h"

#define WHEN        "<LastModified>2024-01-14T05:06:07.000Z</LastModified>"
#define REST        WHEN "<ETag>&quot;e&quot;</ETag><Size>1</Size>"
#define ENTRY(key)  "<Contents><Key>" key "</Key>" REST "</Contents>"
#define PREFIX(key) "<CommonPrefixes><Prefix>" key "</Prefix></CommonPrefixes>"
#define LAST        "<IsTruncated>false</IsTruncated>"
#define MORE(token)                                                                                \
    "<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"
#define ENCODED "<EncodingType>url</EncodingType>"
#define PAGE(inner)                                                                                \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "                               \
    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>" inner "</ListBucketResult>"

/* Entries as text: a key and its size, or a common prefix and a star. */
static enum status trace(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    (void)err;
    assert_int_equal(strlen(entry->key), entry->key_len);
    if (entry->is_common_prefix)
        buf_printf(ctx, "%s* ", entry->key);
    else
        buf_printf(ctx, "%s:%llu ", entry->key, (unsigned long long)entry->size);
    return STATUS_OK;
}

static void lister_start(struct s3_lister *l, struct buf *out, const char *prefix)
{
    s3_lister_init(l, &(struct s3_list){.bucket = "b", .prefix = prefix});
    buf_init(out, 65536);
    l->on_entry = trace;
    l->ctx = out;
}

static void page_ok(struct s3_lister *l, const char *body)
{
    struct error err;
    assert_ok(s3_lister_take_page(l, body, strlen(body), &err), &err);
}

/* Refused, with nothing handed over and the lister where it was. */
static void page_refused(struct s3_lister *l, const char *body, size_t len, const char *says)
{
    struct s3_lister before = *l;
    struct error err = {.text = ""};
    size_t traced = ((struct buf *)l->ctx)->len;
    assert_status(STATUS_PROTOCOL, s3_lister_take_page(l, body, len, &err), &err);
    if (!strstr(err.text, says))
        print_error("no '%s' in: %s\n", says, err.text);
    assert_non_null(strstr(err.text, says));
    assert_int_equal(((struct buf *)l->ctx)->len, traced);
    assert_memory_equal(l, &before, sizeof before);
}

static enum status keep_entry(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    (void)err, (void)ctx;
    assert_string_equal(entry->key, "p/a b");
    assert_string_equal(entry->etag, "\"abc-2\"");
    assert_string_equal(entry->storage_class, "GLACIER");
    assert_int_equal(entry->size, 5368709121);
    assert_int_equal(entry->last_modified_unix_s, 1705208767);
    assert_false(entry->is_common_prefix);
    return STATUS_OK;
}

static void test_all_fields(void **state)
{
    (void)state;
    struct s3_lister l;
    struct buf out;
    lister_start(&l, &out, "p/");
    l.on_entry = keep_entry;
    page_ok(&l, PAGE("<KeyCount>1</KeyCount>" LAST
                     "<Contents><StorageClass>GLACIER</StorageClass><Size>5368709121</Size>"
                     "<ETag>\"abc-2\"</ETag>" WHEN "<Key>p/a b</Key><Owner><ID>x</ID></Owner>"
                     "</Contents>"));
    assert_true(l.finished);
    assert_int_equal(l.pages, 1);
    assert_int_equal(l.entries, 1);
    assert_string_equal(l.last_key, "p/a b");
}

static enum status etag_is_quoted(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    (void)ctx, (void)err;
    assert_string_equal(entry->etag, "\"bare\"");
    assert_string_equal(entry->storage_class, "");
    return STATUS_OK;
}

static void test_etags_get_their_quotes(void **state)
{
    (void)state;
    struct s3_lister l;
    struct buf out;
    lister_start(&l, &out, "");
    l.on_entry = etag_is_quoted;
    page_ok(&l,
            PAGE(LAST "<Contents><Key>a</Key>" WHEN "<ETag>bare</ETag><Size>0</Size></Contents>"));
}

static void test_decoding(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *expected;
    } table[] = {
        {PAGE(LAST ENTRY("a+b%2Bc%20d")), "a+b%2Bc%20d:1 "},
        {PAGE(ENCODED LAST ENTRY("a+b%2Bc%20d")), "a b+c d:1 "},
        {PAGE(LAST ENTRY("a+b%2Bc%20d") ENCODED), "a b+c d:1 "}, /* said after the keys */
        {PAGE(ENCODED LAST ENTRY("%01%C3%A4&amp;")), "\x01\xc3\xa4&:1 "},
        {PAGE("<EncodingType></EncodingType>" LAST ENTRY("a+")), "a+:1 "},
        {PAGE(ENCODED LAST PREFIX("a%2F")), "a/* "},
        {PAGE(LAST ENTRY(" a ") ENTRY("b\xc3\xa4")), " a :1 b\xc3\xa4:1 "},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_lister l;
        struct buf out;
        lister_start(&l, &out, "");
        page_ok(&l, table[i].body);
        assert_string_equal(out.data, table[i].expected);
        buf_release(&out);
    }
}

static void test_common_prefixes_are_merged_in(void **state)
{
    (void)state;
    struct s3_lister l;
    struct buf out;
    lister_start(&l, &out, "");
    page_ok(&l, PAGE(MORE("t") ENTRY("a") ENTRY("c") ENTRY("e") PREFIX("b/") PREFIX("d/")));
    page_ok(&l, PAGE(LAST ENTRY("g") PREFIX("f/") PREFIX("h/")));
    assert_string_equal(out.data, "a:1 b/* c:1 d/* e:1 f/* g:1 h/* ");
    assert_int_equal(l.entries, 8);
    buf_release(&out);
}

static void test_pages(void **state)
{
    (void)state;
    struct s3_lister l;
    struct buf out;
    lister_start(&l, &out, "");
    page_ok(&l, PAGE(MORE("t1") ENTRY("a") ENTRY("b")));
    assert_false(l.finished);
    assert_string_equal(l.token, "t1");
    page_ok(&l, PAGE(MORE("t2"))); /* a page may be empty and yet not be the last */
    page_ok(&l, PAGE(LAST ENTRY("c")));
    assert_true(l.finished);
    assert_string_equal(l.token, "");
    assert_string_equal(out.data, "a:1 b:1 c:1 ");
    s3_lister_rewind(&l);
    buf_reset(&out);
    page_ok(&l, PAGE(LAST ENTRY("a")));
    assert_string_equal(out.data, "a:1 ");
    assert_int_equal(l.pages, 1);
    buf_release(&out);
}

static void test_refused_pages(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *says;
    } table[] = {
        {"", "malformed"},
        {"<Error><Code>SlowDown</Code></Error>", "not a ListBucketResult"},
        {"<ListBucketResult/>", "IsTruncated"},
        {PAGE(ENTRY("p/z")), "IsTruncated"},
        {PAGE("<IsTruncated>maybe</IsTruncated>"), "neither true nor false"},
        {PAGE("<IsTruncated>true</IsTruncated>"), "no token"},
        {PAGE(MORE("")), "no token"},
        {PAGE(MORE("sent")), "repeats its continuation token"},
        {PAGE(LAST ENTRY("p/y") ENTRY("p/x")), "out of order"},
        {PAGE(LAST ENTRY("p/y") ENTRY("p/y")), "out of order"},
        {PAGE(LAST ENTRY("p/m")), "out of order"}, /* was the last page's last key */
        {PAGE(LAST ENTRY("p/a")), "out of order"},
        {PAGE(LAST PREFIX("p/y/") PREFIX("p/x/")), "out of order"},
        {PAGE(LAST PREFIX("p/b/")), "out of order"},
        {PAGE(LAST ENTRY("p/\xc3\xa4") ENTRY("p/z")), "out of order"}, /* bytes, unsigned */
        {PAGE(LAST ENTRY("q")), "outside"},
        {PAGE(LAST PREFIX("o/")), "outside"},
        {PAGE(ENCODED LAST ENTRY("p/%")), "not URL-encoded"},
        {PAGE(ENCODED LAST ENTRY("p/%00")), "not URL-encoded"},
        {PAGE("<EncodingType>rot13</EncodingType>" LAST), "EncodingType"},
        {PAGE(LAST "<Contents>" REST "</Contents>"), "lacks"},
        {PAGE(LAST "<Contents><Key>p/z</Key>" WHEN "<ETag>e</ETag></Contents>"), "lacks"},
        {PAGE(LAST "<Contents><Key>p/z</Key><ETag>e</ETag><Size>1</Size></Contents>"), "lacks"},
        {PAGE(LAST "<Contents><Key>p/z</Key>" WHEN "<Size>1</Size></Contents>"), "lacks"},
        {PAGE(LAST "<Contents><Key></Key>" REST "</Contents>"), "has 0 bytes"},
        {PAGE(LAST "<Contents><Key>p/z</Key>" WHEN "<ETag>e</ETag><Size>-1</Size></Contents>"),
         "bad Size"},
        {PAGE(LAST "<Contents><Key>p/z</Key><LastModified>now</LastModified></Contents>"),
         "bad LastModified"},
        {"<!DOCTYPE ListBucketResult [<!ENTITY e \"v\">]>" PAGE(LAST), "DOCTYPE"},
        {"<!DOCTYPE ListBucketResult><ListBucketResult>" LAST "</ListBucketResult>", "DOCTYPE"},
        {PAGE(LAST ENTRY("p/a&#x1;b")), "malformed"},
    };
    struct s3_lister l;
    struct buf out;
    lister_start(&l, &out, "p/");
    page_ok(&l, PAGE(MORE("sent") ENTRY("p/a") ENTRY("p/m") PREFIX("p/b/")));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        page_refused(&l, table[i].body, strlen(table[i].body), table[i].says);
    page_ok(&l, PAGE(LAST ENTRY("p/n")));
    assert_string_equal(out.data, "p/a:1 p/b/* p/m:1 p/n:1 ");
    buf_release(&out);
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    static const char body[] = PAGE(ENCODED LAST ENTRY("a") ENTRY("b%20"));
    struct s3_lister l;
    struct buf out;
    lister_start(&l, &out, "");
    for (size_t len = 0; len < sizeof body - 1; len++)
        page_refused(&l, body, len, "");
    page_ok(&l, body);
    buf_release(&out);
}

static void test_keys_are_bounded(void **state)
{
    (void)state;
    struct s3_lister l;
    struct buf out;
    struct buf body;
    lister_start(&l, &out, "");
    for (size_t len = S3_KEY_MAX; len <= S3_KEY_MAX + 1; len++) {
        buf_init(&body, 65536);
        buf_append_str(&body, "<ListBucketResult>" ENCODED LAST "<Contents><Key>");
        for (size_t i = 0; i < len; i++)
            buf_append_str(&body, "%61");
        buf_append_str(&body, "</Key>" REST "</Contents></ListBucketResult>");
        if (len > S3_KEY_MAX)
            page_refused(&l, body.data, body.len, "1025 bytes");
        else
            page_ok(&l, body.data);
        buf_release(&body);
    }
    buf_release(&out);
}

static void test_start_after_bounds_the_first_page(void **state)
{
    (void)state;
    static const char body[] = PAGE(LAST ENTRY("a"));
    struct s3_lister l;
    struct buf out;
    s3_lister_init(&l, &(struct s3_list){.bucket = "b", .prefix = "", .start_after = "a"});
    buf_init(&out, 100);
    l.on_entry = trace;
    l.ctx = &out;
    page_refused(&l, body, sizeof body - 1, "out of order");
    s3_lister_rewind(&l);
    page_refused(&l, body, sizeof body - 1, "out of order");
    page_ok(&l, PAGE(LAST ENTRY("b")));
    buf_release(&out);
}

static void test_empty_pages_end(void **state)
{
    (void)state;
    struct s3_lister l;
    struct buf out;
    char body[256];
    lister_start(&l, &out, "");
    for (int i = 0; i < S3_EMPTY_PAGES_MAX; i++) {
        snprintf(body, sizeof body,
                 "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>%d"
                 "</NextContinuationToken></ListBucketResult>",
                 i);
        page_ok(&l, body);
    }
    static const char one_more[] = PAGE(MORE("x"));
    page_refused(&l, one_more, sizeof one_more - 1, "empty pages");
    buf_release(&out);
}

static enum status stop_at_b(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    trace(ctx, entry, err);
    return *entry->key == 'b' ? error_set(err, STATUS_CANCELLED, "enough") : STATUS_OK;
}

static void test_a_callback_ends_the_page(void **state)
{
    (void)state;
    static const char body[] = PAGE(LAST ENTRY("a") ENTRY("b") ENTRY("c"));
    struct s3_lister l;
    struct buf out;
    struct error err;
    lister_start(&l, &out, "");
    l.on_entry = stop_at_b;
    assert_status(STATUS_CANCELLED, s3_lister_take_page(&l, body, sizeof body - 1, &err), &err);
    assert_string_equal(out.data, "a:1 b:1 ");
    assert_false(l.finished);
    buf_release(&out);
}

static void test_a_name_too_long_is_refused_not_cut(void **state)
{
    (void)state;
    char prefix[S3_KEY_MAX + 2];
    struct s3_lister l;
    struct error err;
    memset(prefix, 'p', sizeof prefix - 1);
    prefix[sizeof prefix - 1] = '\0';
    s3_lister_init(&l, &(struct s3_list){.bucket = "b", .prefix = prefix});
    assert_status(STATUS_INVALID, s3_lister_next(&l, NULL, NULL, NULL, NULL, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_fields),
        cmocka_unit_test(test_etags_get_their_quotes),
        cmocka_unit_test(test_decoding),
        cmocka_unit_test(test_common_prefixes_are_merged_in),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_refused_pages),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_keys_are_bounded),
        cmocka_unit_test(test_start_after_bounds_the_first_page),
        cmocka_unit_test(test_empty_pages_end),
        cmocka_unit_test(test_a_callback_ends_the_page),
        cmocka_unit_test(test_a_name_too_long_is_refused_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
