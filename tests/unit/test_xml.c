/* SPDX-License-Identifier: MIT */
/* XML: what is read, what is refused, and that the cut of the input does not matter. */
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/s3/xml.h"

/* Events as text: "<path" for an open, "path=text>" for a close. */
static enum status trace_open(void *ctx, const char *path, struct error *err)
{
    (void)err;
    buf_printf(ctx, "<%s", path);
    return STATUS_OK;
}

static enum status trace_close(void *ctx, const char *path, const char *text, size_t len,
                               struct error *err)
{
    (void)err;
    assert_int_equal(strlen(text), len);
    buf_printf(ctx, "|%s=%s>", path, text);
    return STATUS_OK;
}

static const struct xml_events tracing = {.open = trace_open, .close = trace_close};
static const struct xml_events silent = {.open = NULL};

static void trace_is(const char *document, const char *expected)
{
    struct buf trace;
    struct error err;
    buf_init(&trace, 65536);
    assert_ok(xml_parse(&tracing, &trace, document, strlen(document), &err), &err);
    assert_string_equal(trace.data, expected);
    buf_release(&trace);
}

static void test_paths_and_text(void **state)
{
    (void)state;
    trace_is("<a><b>1</b><b> 2\n</b><c/></a>", "<a<a/b|a/b=1><a/b|a/b= 2\n><a/c|a/c=>|a=>");
    trace_is("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"http://x/\"><b>x</b></a>\n",
             "<a<a/b|a/b=x>|a=>");
    trace_is("<a>one&amp;two&lt;&#x41;&quot;<![CDATA[<&]]>three</a>", "<a|a=one&two<A\"<&three>");
    trace_is("<a> <b>in</b> after </a>", "<a<a/b|a/b=in>|a=>"); /* containers have no text */
    trace_is("<s:a xmlns:s=\"u:x\"><s:b>1</s:b></s:a>", "<a<a/b|a/b=1>|a=>");
    trace_is(" \r\n\t <a/>", "<a|a=>"); /* sent to keep a connection alive */
    trace_is("<a><!-- note -->x<!-- y -->z<?pi p?></a>", "<a|a=xz>");
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *document;
        const char *says;
    } table[] = {
        {"", "malformed"},
        {"   ", "malformed"},
        {"no xml", "malformed"},
        {"<a>", "malformed"},
        {"<a><b></a>", "malformed"},
        {"<a></a><b/>", "malformed"},
        {"<a></a>rest", "malformed"},
        {"<a>&unknown;</a>", "malformed"},
        {"<a>a&#x1;b</a>", "malformed"},
        {"<a>a\x01"
         "b</a>",
         "malformed"},
        {"<a>\xff\xfe</a>", "malformed"},
        {"<a b=\"1\" b=\"2\"/>", "malformed"},
        {"<!DOCTYPE a><a/>", "DOCTYPE"},
        {"<?xml version=\"1.0\"?><!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "DOCTYPE"},
        {"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "DOCTYPE"},
        {"<!DOCTYPE a [<!ENTITY x \"lol\"><!ENTITY y \"&x;&x;&x;\">]><a>&y;</a>", "DOCTYPE"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct error err = {.text = ""};
        const char *document = table[i].document;
        assert_status(STATUS_PROTOCOL, xml_parse(&silent, NULL, document, strlen(document), &err),
                      &err);
        assert_non_null(strstr(err.text, table[i].says));
        assert_null(strchr(err.text, '\n'));
    }
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    static const char document[] = "<?xml version=\"1.0\"?><a><b>x&amp;y</b><c/></a>";
    for (size_t len = 0; len < sizeof document - 1; len++) {
        struct error err;
        assert_status(STATUS_PROTOCOL, xml_parse(&silent, NULL, document, len, &err), &err);
    }
}

/* Feeds pieces of `step` bytes and returns the status of the first failure, or of the end. */
static enum status feed_in_steps(struct buf *trace, const char *document, size_t step)
{
    struct xml_parser *p;
    struct error err;
    size_t len = strlen(document);
    assert_ok(xml_parser_new(&tracing, trace, &p, &err), &err);
    enum status status = STATUS_OK;
    for (size_t at = 0; at < len && !status; at += step)
        status = xml_feed(p, document + at, step < len - at ? step : len - at, &err);
    if (!status)
        status = xml_finish(p, &err);
    xml_parser_free(p);
    return status;
}

static void test_the_cut_of_the_input_does_not_matter(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"u\"><b>x&amp;\xc3\xa4y</b><c> </c>"
        "<d><![CDATA[z]]></d></a>",
        "<a><b>x</b><!DOCTYPE a></a>",
        "<!DOCTYPE a><a/>",
        "<a><b></a>",
    };
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct buf whole;
        struct buf cut;
        buf_init(&whole, 4096);
        buf_init(&cut, 4096);
        enum status expected = feed_in_steps(&whole, documents[i], 4096);
        for (size_t step = 1; step < 12; step++) {
            buf_reset(&cut);
            assert_int_equal(feed_in_steps(&cut, documents[i], step), expected);
            if (!expected)
                assert_string_equal(cut.data, whole.data);
        }
        buf_release(&whole);
        buf_release(&cut);
    }
}

static void test_depth_is_capped(void **state)
{
    (void)state;
    char document[8 * (XML_DEPTH_MAX + 1) + 1];
    for (unsigned depth = XML_DEPTH_MAX; depth <= XML_DEPTH_MAX + 1; depth++) {
        struct error err;
        size_t n = 0;
        for (unsigned i = 0; i < depth; i++)
            n += (size_t)snprintf(document + n, sizeof document - n, "<a>");
        for (unsigned i = 0; i < depth; i++)
            n += (size_t)snprintf(document + n, sizeof document - n, "</a>");
        assert_status(depth <= XML_DEPTH_MAX ? STATUS_OK : STATUS_LIMIT,
                      xml_parse(&silent, NULL, document, n, &err), &err);
    }
}

static void test_text_and_names_are_capped(void **state)
{
    (void)state;
    struct buf document;
    struct error err;
    for (size_t len = XML_TEXT_MAX; len <= XML_TEXT_MAX + 1; len++) {
        buf_init(&document, 1u << 20);
        buf_append_str(&document, "<a>");
        for (size_t i = 0; i < len; i++)
            buf_append_char(&document, 'x');
        buf_append_str(&document, "</a>");
        assert_status(len <= XML_TEXT_MAX ? STATUS_OK : STATUS_LIMIT,
                      xml_parse(&silent, NULL, document.data, document.len, &err), &err);
        buf_release(&document);
    }
    buf_init(&document, 1u << 20);
    buf_append_char(&document, '<');
    for (size_t i = 0; i < 2000; i++)
        buf_append_char(&document, 'n');
    buf_append_str(&document, "/>");
    assert_status(STATUS_LIMIT, xml_parse(&silent, NULL, document.data, document.len, &err), &err);
    buf_release(&document);
}

static void test_bytes_are_capped(void **state)
{
    (void)state;
    static const char filler[] = "<b>12345678901234567890123456789012345678901234567890</b>";
    struct xml_parser *p;
    struct error err;
    size_t fed = 3;
    enum status status;
    assert_ok(xml_parser_new(&silent, NULL, &p, &err), &err);
    assert_ok(xml_feed(p, "<a>", 3, &err), &err);
    while ((status = xml_feed(p, filler, sizeof filler - 1, &err)) == STATUS_OK)
        fed += sizeof filler - 1;
    assert_status(STATUS_LIMIT, status, &err);
    assert_true(fed <= XML_BYTES_MAX && fed + sizeof filler > XML_BYTES_MAX);
    assert_status(STATUS_LIMIT, xml_feed(p, "x", 1, &err), &err); /* failure stays */
    assert_status(STATUS_LIMIT, xml_finish(p, &err), &err);
    xml_parser_free(p);
}

static enum status stop_at_b(void *ctx, const char *path, struct error *err)
{
    int *opens = ctx;
    ++*opens;
    return strcmp(path, "a/b") == 0 ? error_set(err, STATUS_CANCELLED, "enough") : STATUS_OK;
}

static enum status stop_at_close(void *ctx, const char *path, const char *text, size_t len,
                                 struct error *err)
{
    (void)ctx, (void)path, (void)text, (void)len;
    return error_set(err, STATUS_REMOTE, "closed");
}

static void test_a_callback_stops_the_parser(void **state)
{
    (void)state;
    static const struct xml_events at_open = {.open = stop_at_b};
    static const struct xml_events at_close = {.close = stop_at_close};
    static const char document[] = "<a><x/><b/><c/><d/></a>";
    struct error err;
    int opens = 0;
    assert_status(STATUS_CANCELLED,
                  xml_parse(&at_open, &opens, document, sizeof document - 1, &err), &err);
    assert_string_equal(err.text, "enough");
    assert_int_equal(opens, 3);
    assert_status(STATUS_REMOTE, xml_parse(&at_close, NULL, document, sizeof document - 1, &err),
                  &err);
}

static void test_escape(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    xml_escape(&b, "a&<>\"'\r\n\x01\x7f\xc3\xa4z", 13);
    assert_string_equal(b.data, "a&amp;&lt;&gt;&quot;'&#xD;&#xA;&#x1;&#x7F;\xc3\xa4z");
    buf_release(&b);
}

static void test_escape_round_trip(void **state)
{
    (void)state;
    static const char text[] = " a&b<c>\"d'\t\r\n\xc3\xa4 ";
    struct buf document;
    struct buf trace;
    struct error err;
    buf_init(&document, 1000);
    buf_init(&trace, 1000);
    buf_append_str(&document, "<a>");
    xml_escape(&document, text, sizeof text - 1);
    buf_append_str(&document, "</a>");
    assert_ok(xml_parse(&tracing, &trace, document.data, document.len, &err), &err);
    assert_string_equal(trace.data, "<a|a= a&b<c>\"d'\t\r\n\xc3\xa4 >");
    buf_release(&document);
    buf_release(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_and_text),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_the_cut_of_the_input_does_not_matter),
        cmocka_unit_test(test_depth_is_capped),
        cmocka_unit_test(test_text_and_names_are_capped),
        cmocka_unit_test(test_bytes_are_capped),
        cmocka_unit_test(test_a_callback_stops_the_parser),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_escape_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
