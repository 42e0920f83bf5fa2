/* SPDX-License-Identifier: MIT */
/*
 * stale - aborts the open uploads of exactly one key. Only for a key under which the output or the
 * tombstone stands already: then nobody can complete them any more.
 */
#ifndef KIT_COMPACTOR_SAFE_STALE_H
#define KIT_COMPACTOR_SAFE_STALE_H

#include <stdbool.h>

#include "compactor/job.h"

struct stale;

enum status stale_new(struct lane *lane, const char *key, struct stale **out,
                      struct error *err) MUST_USE;
void stale_free(struct stale *s); /* nothing may be in flight */
enum issue stale_issue(struct stale *s);
/* None is open any more. */
bool stale_is_finished(const struct stale *s);
unsigned stale_aborted(const struct stale *s);

#endif
