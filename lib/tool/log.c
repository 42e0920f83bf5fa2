/* SPDX-License-Identifier: MIT */
/* log - see log.h. */
#include "lib/tool/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/tool/fd.h"
#include "lib/tool/progress.h"

#define LINE_MAX_BYTES (ERROR_TEXT_MAX + 256)

/* Object keys reach the log: a newline or an escape in one must not fake a line or a colour. */
static void neutralise(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

static void log_line(const struct log *l, const char *level, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void log_line(const struct log *l, const char *level, const char *format, va_list args)
{
    char line[LINE_MAX_BYTES + 1]; /* one more for the newline */
    int used = snprintf(line, LINE_MAX_BYTES, "%s: %s", l->program, level);
    if (used < 0 || used >= LINE_MAX_BYTES)
        used = 0;
    vsnprintf(line + used, LINE_MAX_BYTES - (size_t)used, format, args);
    neutralise(line);
    size_t len = strlen(line);
    line[len] = '\n';
    progress_clear(l->progress);
    fd_write_all(l->fd, line, len + 1);
    progress_redraw(l->progress);
}

void log_error(struct log *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_line(l, "error: ", format, args);
    va_end(args);
}

void log_warning(struct log *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_line(l, "warning: ", format, args);
    va_end(args);
}

void log_note(struct log *l, const char *format, ...)
{
    if (l->quiet)
        return;
    va_list args;
    va_start(args, format);
    log_line(l, "", format, args);
    va_end(args);
}

void log_debug(struct log *l, const char *format, ...)
{
    if (!l->debug)
        return;
    va_list args;
    va_start(args, format);
    log_line(l, "debug: ", format, args);
    va_end(args);
}

void log_debug_line(void *ctx, const char *line)
{
    log_debug(ctx, "%s", line);
}
