/* SPDX-License-Identifier: MIT */
/*
 * progress - how far a long job is. On a terminal one line redrawn at most ten times a second:
 * objects, bytes, rate, ETA; elsewhere one line every 30 seconds. A NULL handle is a no-op
 * everywhere, so callers need no conditions. Time is handed in.
 */
#ifndef KIT_TOOL_PROGRESS_H
#define KIT_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"

enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER }; /* --progress */

struct progress;

struct progress_options {
    const char *label; /* "compacting" */
    enum progress_mode mode;
    int fd;        /* 2 */
    bool terminal; /* isatty(fd), found out by the program */
    unsigned columns;
    const struct clock *clock;
};

/* NULL when `mode` says never (or memory ran out: progress is never worth a failure). */
struct progress *progress_new(const struct progress_options *options);
void progress_free(struct progress *p); /* clears the line */
/* Totals as far as known; 0 = not known, then no percentage and no ETA. */
void progress_expect(struct progress *p, uint64_t objects, uint64_t bytes);
/* Absolute figures so far; draws when it is time. */
void progress_update(struct progress *p, uint64_t objects, uint64_t bytes);
/* For log.c. */
void progress_clear(struct progress *p);
void progress_redraw(struct progress *p);
/* The line that would be drawn, for tests. */
void progress_format(const struct progress *p, struct buf *out);

#endif
