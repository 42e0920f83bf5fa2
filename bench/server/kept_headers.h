/* SPDX-License-Identifier: MIT */
/*
 * kept_headers - the headers of a PUT that S3 keeps and sends back with the object: Content-*,
 * Cache-Control, Expires, x-amz-meta-*, the storage class and encryption. As "Name: value\n" lines;
 * the tags are one of them, which is not sent back.
 */
#ifndef KIT_BENCH_SERVER_KEPT_HEADERS_H
#define KIT_BENCH_SERVER_KEPT_HEADERS_H

#include "bench/server/request.h"

#define KEPT_HEADERS_MAX  (60u << 10) /* the largest tags, encoded, and all else */
#define USER_METADATA_MAX 2048        /* names and values, S3's limit */

/* All of a request's: metadata, placement, tags; checked as S3 does. */
enum code kept_headers_collect(const struct request *r, struct buf *out);

/* Piece by piece, for copies, which take some from their source. */
enum code kept_headers_metadata(const struct request *r, struct buf *out);
enum code kept_headers_placement(const struct request *r, struct buf *out); /* class, redirect */
enum code kept_headers_tags(const struct request *r, struct buf *out);
enum kept_piece { KEPT_METADATA, KEPT_TAGS };
/* Appends the lines of one kind; of metadata without the placement. */
void kept_headers_copy(const char *lines, enum kept_piece piece, struct buf *out);
/* Appends all lines but those of one kind. */
void kept_headers_copy_but(const char *lines, enum kept_piece piece, struct buf *out);

/* Appends what a GET or HEAD sends of an object's lines: with the default Content-Type where there
 * is none, with the request's response-* overrides. */
void kept_headers_reply(struct request *r, const struct object *o);
/* Whether the request has response-* overrides; *good is whether they can be sent. */
bool kept_headers_overridden(const struct request *r, bool *good);

#endif
