/* SPDX-License-Identifier: MIT */
/* csv_header - sources cut at every place: the same rows come out, or the same refusal. */
#include <string.h>

#include "compactor/csv_header.h"
#include "tests/support/unit.h"

#define LINE_MAX_BYTES 64

/* Feeds one source in steps of `step` bytes, and appends what is kept. */
static enum status feed(struct csv_header *c, const char *text, size_t len, size_t step,
                        struct buf *out, struct error *err)
{
    csv_header_next_source(c);
    for (size_t at = 0; at < len;) {
        size_t n = len - at < step ? len - at : step;
        size_t taken = 0;
        bool keep = false;
        enum status status = csv_header_take(c, (const uint8_t *)text + at, n, &taken, &keep, err);
        if (status != STATUS_OK)
            return status;
        assert_in_range(taken, 1, n);
        if (keep)
            buf_append(out, text + at, taken);
        at += taken;
    }
    return csv_header_end_source(c, err);
}

struct source {
    const char *text;
    size_t len;
};
#define SOURCE(text)                                                                               \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static void joins(const struct source *sources, size_t count, const char *expected,
                  uint64_t dropped)
{
    for (size_t step = 1; step < 40; step++) {
        struct csv_header c;
        struct buf out;
        struct error error;
        csv_header_init(&c, LINE_MAX_BYTES);
        buf_init(&out, 4096);
        for (size_t i = 0; i < count; i++)
            assert_ok(feed(&c, sources[i].text, sources[i].len, step, &out, &error), &error);
        assert_string_equal(out.data, expected);
        assert_int_equal(c.dropped, dropped);
        buf_release(&out);
        csv_header_release(&c);
    }
}
#define JOINS(expected, dropped, ...)                                                              \
    joins((const struct source[]){__VA_ARGS__},                                                    \
          sizeof((const struct source[]){__VA_ARGS__}) / sizeof(struct source), expected, dropped)

static void test_the_first_header_stays(void **state)
{
    (void)state;
    JOINS("a,b\n1,2\n3,4\n5,6\n", 2, SOURCE("a,b\n1,2\n"), SOURCE("a,b\n3,4\n"),
          SOURCE("a,b\n5,6\n"));
    /* A source without a row, and one without anything. */
    JOINS("a,b\n1,2\n", 1, SOURCE("a,b\n"), SOURCE(""), SOURCE("a,b\n1,2\n"));
    /* An empty source comes first: the header is the first line that there is. */
    JOINS("a,b\n1,2\n", 1, SOURCE(""), SOURCE("a,b\n"), SOURCE("a,b\n1,2\n"));
    /* A row that equals the header, further down, is a row. */
    JOINS("a,b\na,b\n", 1, SOURCE("a,b\n"), SOURCE("a,b\na,b\n"));
}

static void test_line_ends_do_not_differ(void **state)
{
    (void)state;
    JOINS("a,b\r\n1\r\n2\n", 1, SOURCE("a,b\r\n1\r\n"), SOURCE("a,b\n2\n"));
    JOINS("a,b\n", 1, SOURCE("a,b\n"), SOURCE("a,b"));         /* a header and no line end */
    JOINS("a,b1,2\n", 1, SOURCE("a,b"), SOURCE("a,b\n1,2\n")); /* as --newline keep has it */
    JOINS("\xef\xbb\xbf"
          "a\n1\n2\n",
          1,
          SOURCE("\xef\xbb\xbf"
                 "a\n1\n"),
          SOURCE("a\n2\n"));
    JOINS("a\n1\n2\n", 1, SOURCE("a\n1\n"),
          SOURCE("\xef\xbb\xbf"
                 "a\n2\n"));
}

static void test_quoted_line_breaks(void **state)
{
    (void)state;
    JOINS("\"a\nb\",c\n1,2\n3,4\n", 1, SOURCE("\"a\nb\",c\n1,2\n"), SOURCE("\"a\nb\",c\n3,4\n"));
    JOINS("\"a\"\"\n\",c\n1\n2\n", 1, SOURCE("\"a\"\"\n\",c\n1\n"), SOURCE("\"a\"\"\n\",c\n2\n"));
}

/* The second source is refused wherever it is cut. */
static void refused(struct source first, struct source second, const char *why)
{
    for (size_t step = 1; step < 40; step++) {
        struct csv_header c;
        struct buf out;
        struct error error;
        csv_header_init(&c, LINE_MAX_BYTES);
        buf_init(&out, 4096);
        assert_ok(feed(&c, first.text, first.len, step, &out, &error), &error);
        assert_int_equal(feed(&c, second.text, second.len, step, &out, &error), STATUS_PROTOCOL);
        assert_non_null(strstr(error.text, why));
        buf_release(&out);
        csv_header_release(&c);
    }
}

static void test_another_header_is_refused(void **state)
{
    (void)state;
    const struct source first = SOURCE("a,b\n1,2\n");
    refused(first, (struct source)SOURCE("a,c\n3,4\n"), "another line");
    refused(first, (struct source)SOURCE("a,\n3,4\n"), "another line");
    refused(first, (struct source)SOURCE("a,bb\n3,4\n"), "another line");
    refused(first, (struct source)SOURCE("a"), "another line");
    refused(first, (struct source)SOURCE("\n"), "another line");
    refused(first, (struct source)SOURCE("3,4\n"), "another line");
    refused(first, (struct source)SOURCE("a,\0b\n"), "another line");
    refused(first,
            (struct source)SOURCE("0123456789012345678901234567890123456789012345678901234567890123"
                                  "456789\n"),
            "no line end within 64 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_header_stays),
        cmocka_unit_test(test_line_ends_do_not_differ),
        cmocka_unit_test(test_quoted_line_breaks),
        cmocka_unit_test(test_another_header_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
