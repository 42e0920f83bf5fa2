/* SPDX-License-Identifier: MIT */
/*
 * xml - a push SAX parser over libxml2, with its dangerous defaults turned off.
 *
 * libxml2 keeps no tree here: our handlers are the only ones. A DOCTYPE stops the parser at
 * `internalSubset`, before any entity can be declared. After such a stop libxml2 still calls the
 * document well-formed, so failure is kept here, and kept for good.
 */
#include "lib/s3/xml.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#define PATH_BYTES_MAX 1024

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_pointer;
#else
typedef xmlErrorPtr error_pointer;
#endif

struct xml_parser {
    const struct xml_events *events;
    void *ctx;
    xmlParserCtxtPtr libxml;
    struct buf path;
    struct buf text;
    size_t path_len[XML_DEPTH_MAX]; /* of the path before each open element */
    unsigned depth;
    size_t bytes;
    bool leaf; /* no child since the last open: containers have no text */
    enum status failed;
    struct error error;
    char complaint[160]; /* libxml2's first words */
};

static pthread_once_t init_once = PTHREAD_ONCE_INIT;

/* Keeps the first failure and makes libxml2 read no further. */
static void stop(struct xml_parser *p, enum status status)
{
    if (p->failed)
        return;
    p->failed = status;
    xmlStopParser(p->libxml);
}

static void on_open(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                    int namespace_count, const xmlChar **namespaces, int attribute_count,
                    int defaulted_count, const xmlChar **attributes)
{
    (void)prefix, (void)uri, (void)namespace_count, (void)namespaces;
    (void)attribute_count, (void)defaulted_count, (void)attributes;
    struct xml_parser *p = user;
    if (p->failed)
        return;
    if (p->depth == XML_DEPTH_MAX) {
        stop(p, error_set(&p->error, STATUS_LIMIT, "XML is nested deeper than %d", XML_DEPTH_MAX));
        return;
    }
    p->path_len[p->depth++] = p->path.len;
    if (p->path.len > 0)
        buf_append_char(&p->path, '/');
    buf_append_str(&p->path, (const char *)name);
    buf_reset(&p->text);
    p->leaf = true;
    enum status status = buf_status(&p->path, "the path of an XML element", &p->error);
    if (!status && p->events->open)
        status = p->events->open(p->ctx, p->path.data, &p->error);
    if (status)
        stop(p, status);
}

static void on_close(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)name, (void)prefix, (void)uri;
    struct xml_parser *p = user;
    if (p->failed)
        return;
    if (!p->leaf)
        buf_reset(&p->text);
    enum status status = STATUS_OK;
    if (p->events->close)
        status = p->events->close(p->ctx, p->path.data, p->text.data, p->text.len, &p->error);
    if (status) {
        stop(p, status);
        return;
    }
    buf_truncate(&p->path, p->path_len[--p->depth]);
    buf_reset(&p->text);
    p->leaf = false;
}

/* Text arrives in pieces of libxml2's choosing. */
static void on_text(void *user, const xmlChar *text, int len)
{
    struct xml_parser *p = user;
    if (p->failed || len <= 0)
        return;
    buf_append(&p->text, text, (size_t)len);
    enum status status = buf_status(&p->text, "the text of an XML element", &p->error);
    if (status)
        stop(p, status);
}

static void on_doctype(void *user, const xmlChar *name, const xmlChar *external_id,
                       const xmlChar *system_id)
{
    (void)name, (void)external_id, (void)system_id;
    struct xml_parser *p = user;
    if (!p->failed)
        stop(p, error_set(&p->error, STATUS_PROTOCOL, "XML with a DOCTYPE is refused"));
}

/* The words may quote the document, so only printable ones are kept. */
static void on_error(void *user, error_pointer error)
{
    struct xml_parser *p = user;
    if (p->complaint[0] || error->level < XML_ERR_ERROR || !error->message)
        return;
    snprintf(p->complaint, sizeof p->complaint, "line %d: %s", error->line, error->message);
    for (char *c = p->complaint; *c; c++) {
        if (*c == '\n')
            *c = '\0';
        else if (*c < ' ' || *c > '~')
            *c = '?';
        if (!*c)
            break;
    }
}

static xmlParserCtxtPtr context_new(struct xml_parser *p)
{
    /* White space is text like any other: the same handler for both keeps it. */
    xmlSAXHandler sax = {
        .internalSubset = on_doctype,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_open,
        .endElementNs = on_close,
        .serror = on_error,
    };
    xmlParserCtxtPtr libxml = xmlCreatePushParserCtxt(&sax, p, NULL, 0, NULL);
    if (!libxml)
        return NULL;
    if (xmlCtxtUseOptions(libxml, XML_PARSE_NONET) != 0) {
        xmlFreeParserCtxt(libxml);
        return NULL;
    }
    return libxml;
}

/* Without a context to report to, libxml2 prints by itself. */
static void say_nothing(void *ctx, const char *format, ...)
{
    (void)ctx;
    (void)format;
}

enum status xml_parser_new(const struct xml_events *events, void *ctx, struct xml_parser **out,
                           struct error *err)
{
    pthread_once(&init_once, xmlInitParser);
    xmlSetGenericErrorFunc(NULL, say_nothing); /* of this thread */
    struct xml_parser *p = calloc(1, sizeof *p);
    if (!p)
        return error_set(err, STATUS_NO_MEMORY, "no memory for an XML parser");
    p->events = events;
    p->ctx = ctx;
    buf_init(&p->path, PATH_BYTES_MAX);
    buf_init(&p->text, XML_TEXT_MAX);
    p->libxml = context_new(p);
    if (!p->libxml) {
        xml_parser_free(p);
        return error_set(err, STATUS_NO_MEMORY, "no memory for an XML parser");
    }
    *out = p;
    return STATUS_OK;
}

void xml_parser_free(struct xml_parser *p)
{
    if (!p)
        return;
    if (p->libxml)
        xmlFreeParserCtxt(p->libxml);
    buf_release(&p->path);
    buf_release(&p->text);
    free(p);
}

/* Hands bytes to libxml2 and turns its verdict, or ours, into a status. */
static enum status parse_chunk(struct xml_parser *p, const char *data, size_t len, int last,
                               struct error *err)
{
    if (!p->failed && xmlParseChunk(p->libxml, data, (int)len, last) != XML_ERR_OK && !p->failed)
        p->failed = error_set(&p->error, STATUS_PROTOCOL, "malformed XML: %s",
                              p->complaint[0] ? p->complaint : "it ends too early");
    return p->failed ? error_copy(err, &p->error) : STATUS_OK;
}

enum status xml_feed(struct xml_parser *p, const char *data, size_t len, struct error *err)
{
    if (!p->failed && len > XML_BYTES_MAX - p->bytes)
        stop(p, error_set(&p->error, STATUS_LIMIT, "an XML document is larger than %u bytes",
                          XML_BYTES_MAX));
    if (!p->failed && len == 0)
        return STATUS_OK;
    p->bytes += p->failed ? 0 : len;
    return parse_chunk(p, data, len, 0, err);
}

enum status xml_finish(struct xml_parser *p, struct error *err)
{
    enum status status = parse_chunk(p, "", 0, 1, err);
    if (!status && (!p->libxml->wellFormed || p->depth > 0))
        status = error_set(err, STATUS_PROTOCOL, "malformed XML: it is not well-formed");
    return status;
}

enum status xml_parse(const struct xml_events *events, void *ctx, const char *data, size_t len,
                      struct error *err)
{
    struct xml_parser *p;
    while (len > 0 && strchr(" \t\r\n", *data) && *data) {
        data++;
        len--;
    }
    enum status status = xml_parser_new(events, ctx, &p, err);
    if (status)
        return status;
    status = xml_feed(p, data, len, err);
    if (!status)
        status = xml_finish(p, err);
    xml_parser_free(p);
    return status;
}

/* What a character must be written as, or NULL for itself. */
static const char *replacement(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void xml_escape(struct buf *out, const char *text, size_t len)
{
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        const char *name = replacement(text[i]);
        if (!name && c >= ' ' && c != 0x7f)
            continue;
        buf_append(out, text + start, i - start);
        if (name)
            buf_append_str(out, name);
        else
            buf_printf(out, "&#x%X;", c);
        start = i + 1;
    }
    buf_append(out, text + start, len - start);
}
