/* SPDX-License-Identifier: MIT */
/*
 * tags - an object's tags: read from the x-amz-tagging header or a <Tagging> document, kept in the
 * header's form ("a=1&b=2", URI-encoded), written as XML.
 *
 * Limits are S3's: 10 tags, keys of 1 to 128 characters, values of up to 256.
 */
#ifndef KIT_BENCH_SERVER_TAGS_H
#define KIT_BENCH_SERVER_TAGS_H

#include "bench/server/codes.h"
#include "lib/base/buf.h"

#define TAGS_MAX      10
#define TAG_KEY_MAX   128
#define TAG_VALUE_MAX 256
#define TAGS_TEXT_MAX (TAGS_MAX * 12 * (TAG_KEY_MAX + TAG_VALUE_MAX)) /* 4 bytes, each "%XX" */
#define TAGS_HEADER   "x-amz-tagging"

/* Both append to `out`. */
enum code tags_from_header(const char *text, struct buf *out);
enum code tags_from_xml(const char *document, size_t len, struct buf *out);

size_t tags_count(const char *tags, size_t len);
/* <TagSet> with a <Tag> each. */
void tags_write_xml(const char *tags, size_t len, struct buf *out);

#endif
