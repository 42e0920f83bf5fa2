/* SPDX-License-Identifier: MIT */
/*
 * kept_headers - the headers of a PUT that S3 keeps and sends back with the object: Content-*,
 * Cache-Control, Expires, x-amz-meta-*, the storage class and checksums. As "Name: value\n" lines.
 */
#ifndef KIT_BENCH_SERVER_KEPT_HEADERS_H
#define KIT_BENCH_SERVER_KEPT_HEADERS_H

#include "bench/server/request.h"

#define KEPT_HEADERS_MAX  (16u << 10)
#define USER_METADATA_MAX 2048 /* names and values, S3's limit */

enum code kept_headers_collect(const struct request *r, struct buf *out);
/* Appends the lines (may be NULL) for a GET: with the default Content-Type where there is none,
 * checksums only when asked for. */
void kept_headers_append(const char *lines, bool with_checksums, struct buf *out);

#endif
