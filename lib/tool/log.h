/* SPDX-License-Identifier: MIT */
/*
 * log - lines on stderr for people: "s3-compact: warning: ...". Each line is one write.
 *
 * Levels: errors and warnings always; notes unless --quiet; debug with -v. A progress line on the
 * terminal is cleared before and redrawn after (log knows the progress, not the other way round).
 */
#ifndef KIT_TOOL_LOG_H
#define KIT_TOOL_LOG_H

#include <stdbool.h>

#include "lib/base/error.h"

struct progress;

struct log {
    const char *program;
    int fd; /* 2 */
    bool quiet;
    bool debug;
    struct progress *progress; /* may be NULL */
};

void log_error(struct log *l, const char *format, ...) PRINTF_LIKE(2, 3);
void log_warning(struct log *l, const char *format, ...) PRINTF_LIKE(2, 3);
void log_note(struct log *l, const char *format, ...) PRINTF_LIKE(2, 3);
void log_debug(struct log *l, const char *format, ...) PRINTF_LIKE(2, 3);
/* For s3_client_options.log: `ctx` is the struct log. */
void log_debug_line(void *ctx, const char *line);

#endif
