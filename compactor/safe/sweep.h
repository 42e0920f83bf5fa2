/* SPDX-License-Identifier: MIT */
/*
 * sweep - deletes the sources of one generation: lists them again, and for every manifest entry
 * that is still listed with the same ETag, size and LastModified sends one DELETE with If-Match.
 * Whoever calls it has seen to it that the output was read back and the manifest checked.
 */
#ifndef KIT_COMPACTOR_SAFE_SWEEP_H
#define KIT_COMPACTOR_SAFE_SWEEP_H

#include <stdbool.h>

#include "compactor/safe/manifest_stream.h"
#include "compactor/safe/place.h"
#include "compactor/safe/records.h"

struct sweep;

/* `stream` is at its start, open, and the sweep's until it is freed. */
enum status sweep_new(struct lane *lane, const struct place *place, struct manifest_stream *stream,
                      struct sweep **out, struct error *err) MUST_USE;
void sweep_free(struct sweep *s);                /* nothing may be in flight */
enum issue sweep_issue_control(struct sweep *s); /* the listing */
enum issue sweep_issue_fetch(struct sweep *s);   /* the DELETEs */
bool sweep_is_finished(const struct sweep *s, struct sweep_counts *out);

#endif
