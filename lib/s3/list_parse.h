/* SPDX-License-Identifier: MIT */
/* list_parse - one page of a listing; private to lib/s3 and its tests. */
#ifndef KIT_S3_LIST_PARSE_H
#define KIT_S3_LIST_PARSE_H

#include <stddef.h>

#include "lib/s3/list.h"

/* Reads a whole ListBucketResult, checks it against where the lister stands, hands its entries to
 * l->on_entry and moves the lister on. On failure the lister stays where it was; nothing has been
 * handed over unless it was on_entry that failed. */
enum status s3_lister_take_page(struct s3_lister *l, const char *body, size_t len,
                                struct error *err) MUST_USE;

#endif
