/* SPDX-License-Identifier: MIT */
/*
 * sources - the listing of one partition over all its sources: source after source as given, each
 * in key order.
 *
 *     sources_init(&l, &selection, &name);
 *     sources_next(&l, client, on_entry, on_page, ctx, err);     one page; again until finished
 *
 * l.source is the index of the source whose page is handed over. The selection and the name stay
 * the caller's and outlive the listing.
 */
#ifndef KIT_COMPACTOR_SOURCES_H
#define KIT_COMPACTOR_SOURCES_H

#include <stdbool.h>

#include "compactor/selection.h"
#include "lib/s3/list.h"

struct sources {
    const struct selection *selection;
    const struct partition_name *name;
    unsigned source;
    uint64_t pages;          /* asked for */
    struct s3_lister lister; /* of that source */
};

void sources_init(struct sources *l, const struct selection *selection,
                  const struct partition_name *name);
/* As s3_lister_next. */
enum status sources_next(struct sources *l, struct s3_client *client, s3_entry_fn *on_entry,
                         s3_page_fn *on_page, void *ctx, struct error *err) MUST_USE;
/* The last page of the last source has been handed over. */
bool sources_finished(const struct sources *l);
/* STATUS_INVALID when a key just listed may be of another date. */
enum status sources_check_key(const struct sources *l, const char *key, struct error *err) MUST_USE;

#endif
