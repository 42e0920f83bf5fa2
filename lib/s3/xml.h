/* SPDX-License-Identifier: MIT */
/*
 * xml - S3's XML, read through a push SAX parser; the only file that includes libxml2.
 *
 * The parser does no I/O, refuses any DOCTYPE, loads nothing, and caps bytes and depth. It calls
 * back with the path of local element names from the root ("ListBucketResult/Contents/Key") and
 * the element's whole text, white space kept ("" for an element that holds others). A document is good only when every feed and
 * xml_finish returned STATUS_OK: callers act on nothing before that.
 *
 * Threads: one parser belongs to one thread; libxml2 is initialised once, whoever comes first.
 */
#ifndef KIT_S3_XML_H
#define KIT_S3_XML_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define XML_DEPTH_MAX 16
#define XML_TEXT_MAX  16384       /* bytes of one element's text */
#define XML_BYTES_MAX (16u << 20) /* bytes of a document */

struct xml_events {
    /* An element opens. Return anything but STATUS_OK to stop. May be NULL. */
    enum status (*open)(void *ctx, const char *path, struct error *err);
    /* An element closes; `text` is NUL-terminated and valid during the call. May be NULL. */
    enum status (*close)(void *ctx, const char *path, const char *text, size_t len,
                         struct error *err);
};

struct xml_parser;

enum status xml_parser_new(const struct xml_events *events, void *ctx, struct xml_parser **out,
                           struct error *err) MUST_USE;
enum status xml_feed(struct xml_parser *p, const char *data, size_t len,
                     struct error *err) MUST_USE;
enum status xml_finish(struct xml_parser *p, struct error *err) MUST_USE;
void xml_parser_free(struct xml_parser *p);

/* new, feed, finish, free in one. Leading white space is skipped (S3 sends it to keep a
 * connection alive while it completes an upload). */
enum status xml_parse(const struct xml_events *events, void *ctx, const char *data, size_t len,
                      struct error *err) MUST_USE;

/* Appends text with & < > " and control characters escaped. */
void xml_escape(struct buf *out, const char *text, size_t len);

#endif
