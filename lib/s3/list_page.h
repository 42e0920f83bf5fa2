/* SPDX-License-Identifier: MIT */
/*
 * list_page - one page of a listing, parsed and checked as a whole before anything is handed over.
 * Private to lib/s3; pure, so that it is tested on documents alone.
 */
#ifndef KIT_S3_LIST_PAGE_H
#define KIT_S3_LIST_PAGE_H

#include "lib/s3/list.h"

/* Parses `body` against the lister's state (prefix, last key, token sent), hands its entries over
 * in order, and moves the lister on: token, last key, finished. On failure the lister stays, and no entry
 * was handed over unless `on_entry` itself failed. */
enum status list_page_parse(struct s3_lister *l, const char *body, size_t len,
                            s3_entry_fn *on_entry, void *ctx, struct error *err) MUST_USE;

#endif
