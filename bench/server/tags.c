/* SPDX-License-Identifier: MIT */
/* tags - see tags.h. */
#include "bench/server/tags.h"

#include <ctype.h>
#include <string.h>

#include "bench/server/reply.h"
#include "lib/s3/uri.h"
#include "lib/s3/xml.h"

struct tag {
    const char *key;
    size_t key_len;
    const char *value;
    size_t value_len;
};

/* Letters of any script, digits, spaces and + - = . _ : / @ */
static bool text_is_good(const char *text, size_t len, size_t min, size_t max)
{
    size_t characters = 0;
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c < 0x80 && !isalnum(c) && (c == '\0' || strchr(" +-=._:/@", c) == NULL))
            return false;
        characters += (c & 0xc0) != 0x80;
    }
    return characters >= min && characters <= max;
}

/* "a=1" of "a=1&b=2"; returns where the next one starts. Still encoded. */
static const char *tag_next(const char *p, const char *end, struct tag *out)
{
    const char *stop = memchr(p, '&', (size_t)(end - p));
    if (stop == NULL)
        stop = end;
    const char *equals = memchr(p, '=', (size_t)(stop - p));
    const char *key_end = equals != NULL ? equals : stop;
    const char *value = equals != NULL ? equals + 1 : stop;
    *out = (struct tag){p, (size_t)(key_end - p), value, (size_t)(stop - value)};
    return stop < end ? stop + 1 : end;
}

size_t tags_count(const char *tags, size_t len)
{
    size_t count = 0;
    struct tag tag;
    for (const char *p = tags; p < tags + len; count++)
        p = tag_next(p, tags + len, &tag);
    return count;
}

static bool has_key(const struct buf *tags, const char *key, size_t len)
{
    struct tag tag;
    for (const char *p = tags->data, *end = p + tags->len; p < end;) {
        p = tag_next(p, end, &tag);
        if (tag.key_len == len && memcmp(tag.key, key, len) == 0)
            return true;
    }
    return false;
}

/* Appends a decoded tag in the one encoding that is kept. */
static enum code tag_add(struct buf *out, const char *key, size_t key_len, const char *value,
                         size_t value_len)
{
    struct buf encoded;
    enum code code = CODE_INVALID_TAG_KEY;
    buf_init(&encoded, TAGS_TEXT_MAX);
    if (!text_is_good(key, key_len, 1, TAG_KEY_MAX))
        goto out;
    code = CODE_INVALID_TAG_VALUE;
    if (!text_is_good(value, value_len, 0, TAG_VALUE_MAX))
        goto out;
    code = CODE_DUPLICATE_TAG;
    uri_encode(&encoded, key, key_len, 0);
    if (has_key(out, encoded.data, encoded.len))
        goto out;
    code = CODE_TOO_MANY_TAGS;
    if (tags_count(out->data, out->len) == TAGS_MAX)
        goto out;
    if (out->len > 0)
        buf_append_char(out, '&');
    buf_append(out, encoded.data, encoded.len);
    buf_append_char(out, '=');
    uri_encode(out, value, value_len, 0);
    code = out->failed == STATUS_OK ? CODE_NONE : CODE_INVALID_TAG_VALUE;
out:
    buf_release(&encoded);
    return code;
}

enum code tags_from_header(const char *text, struct buf *out)
{
    const char *end = text + strlen(text);
    enum code code = CODE_NONE;
    struct buf decoded;
    buf_init(&decoded, TAGS_TEXT_MAX);
    for (const char *p = text; p < end && code == CODE_NONE;) {
        struct tag tag;
        const char *start = p;
        p = tag_next(p, end, &tag);
        if (*start == '&')
            continue; /* "a=1&&b=2" */
        buf_reset(&decoded);
        if (tag.key_len == 0 || uri_decode(&decoded, tag.key, tag.key_len, 1, NULL) != STATUS_OK)
            code = CODE_BAD_TAGGING_HEADER;
        const size_t key_len = decoded.len;
        if (uri_decode(&decoded, tag.value, tag.value_len, 1, NULL) != STATUS_OK)
            code = CODE_BAD_TAGGING_HEADER;
        if (code == CODE_NONE)
            code =
                tag_add(out, decoded.data, key_len, decoded.data + key_len, decoded.len - key_len);
    }
    buf_release(&decoded);
    return code == CODE_DUPLICATE_TAG ? CODE_BAD_TAGGING_HEADER : code;
}

struct tagging {
    struct buf *out;
    struct buf key, value;
    bool has_key, has_value, has_set;
    enum code code;
};

static enum status tagging_close(void *ctx, const char *path, const char *text, size_t len,
                                 struct error *err)
{
    struct tagging *t = ctx;
    if (strcmp(path, "Tagging/TagSet") == 0) {
        t->has_set = true;
    } else if (strcmp(path, "Tagging/TagSet/Tag/Key") == 0) {
        t->has_key = true;
        buf_append(&t->key, text, len);
    } else if (strcmp(path, "Tagging/TagSet/Tag/Value") == 0) {
        t->has_value = true;
        buf_append(&t->value, text, len);
    } else if (strcmp(path, "Tagging/TagSet/Tag") == 0) {
        if (!t->has_key || !t->has_value)
            return error_set(err, STATUS_INVALID, "a tag without a key or a value");
        if (t->code == CODE_NONE)
            t->code = tag_add(t->out, t->key.data, t->key.len, t->value.data, t->value.len);
        t->has_key = t->has_value = false;
        buf_reset(&t->key);
        buf_reset(&t->value);
    }
    return STATUS_OK;
}

enum code tags_from_xml(const char *document, size_t len, struct buf *out)
{
    static const struct xml_events events = {.close = tagging_close};
    struct tagging t = {.out = out};
    buf_init(&t.key, XML_TEXT_MAX);
    buf_init(&t.value, XML_TEXT_MAX);
    if (xml_parse(&events, &t, document, len, NULL) != STATUS_OK || !t.has_set)
        t.code = CODE_MALFORMED_XML;
    buf_release(&t.key);
    buf_release(&t.value);
    return t.code;
}

void tags_write_xml(const char *tags, size_t len, struct buf *out)
{
    struct buf text;
    buf_init(&text, TAGS_TEXT_MAX);
    xml_open(out, "TagSet");
    for (const char *p = tags, *end = tags + len; p < end;) {
        struct tag tag;
        p = tag_next(p, end, &tag);
        /* What is kept was encoded here. */
        buf_reset(&text);
        if (uri_decode(&text, tag.key, tag.key_len, 0, NULL) != STATUS_OK)
            break;
        xml_open(out, "Tag");
        xml_text(out, "Key", text.data, text.len);
        buf_reset(&text);
        if (uri_decode(&text, tag.value, tag.value_len, 0, NULL) == STATUS_OK)
            xml_text(out, "Value", text.data, text.len);
        xml_close(out, "Tag");
    }
    xml_close(out, "TagSet");
    buf_release(&text);
}
