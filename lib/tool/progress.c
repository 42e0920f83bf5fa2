/* SPDX-License-Identifier: MIT */
/* progress - see progress.h. */
#include "lib/tool/progress.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/tool/fd.h"

#define REDRAW_MS       100
#define LINE_MS         30000
#define LINE_MAX_BYTES  512
#define COLUMNS_DEFAULT 80
#define CLEAR_LINE      "\r\033[K"

struct progress {
    struct progress_options options;
    bool redraws; /* one line again and again; otherwise a line now and then */
    bool shown;
    struct mono started;
    struct mono drawn; /* last time */
    uint64_t objects, bytes;
    uint64_t objects_total, bytes_total;
};

struct progress *progress_new(const struct progress_options *options)
{
    if (options->mode == PROGRESS_NEVER)
        return NULL;
    struct progress *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->options = *options;
    p->redraws = options->terminal || options->mode == PROGRESS_ALWAYS;
    p->started = p->drawn = clock_mono(options->clock);
    if (p->options.columns == 0)
        p->options.columns = COLUMNS_DEFAULT;
    return p;
}

void progress_free(struct progress *p)
{
    progress_clear(p);
    free(p);
}

void progress_expect(struct progress *p, uint64_t objects, uint64_t bytes)
{
    if (!p)
        return;
    p->objects_total = objects;
    p->bytes_total = bytes;
}

/* The share of the work that is done: by bytes where they are known, else by objects; -1 when
 * nothing is. */
static double share_done(const struct progress *p)
{
    double share = -1;
    if (p->bytes_total > 0)
        share = (double)p->bytes / (double)p->bytes_total;
    else if (p->objects_total > 0)
        share = (double)p->objects / (double)p->objects_total;
    return share > 1 ? 1 : share;
}

void progress_format(const struct progress *p, struct buf *out)
{
    if (!p)
        return;
    const double elapsed_s = mono_since_s(clock_mono(p->options.clock), p->started);
    const double share = share_done(p);
    buf_printf(out, "%s: ", p->options.label);
    if (share >= 0)
        buf_printf(out, "%d %%, ", (int)(share * 100));
    count_append(out, p->objects);
    if (p->objects_total > 0) {
        buf_append_str(out, " of ");
        count_append(out, p->objects_total);
    }
    buf_append_str(out, " objects, ");
    size_append(out, p->bytes);
    if (elapsed_s > 0) {
        buf_append_str(out, ", ");
        count_append(out, (uint64_t)((double)p->objects / elapsed_s));
        buf_append_str(out, " objects/s, ");
        size_append(out, (uint64_t)((double)p->bytes / elapsed_s));
        buf_append_str(out, "/s");
    }
    if (elapsed_s > 0 && share > 0 && share < 1) {
        buf_append_str(out, ", ");
        duration_append_s(out, elapsed_s * (1 - share) / share);
        buf_append_str(out, " left");
    }
}

/* One write, so that other writers to the terminal cannot come between. */
static void draw(struct progress *p)
{
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    if (p->redraws)
        buf_append_str(&line, CLEAR_LINE);
    const size_t start = line.len;
    progress_format(p, &line);
    if (!p->redraws)
        buf_append_char(&line, '\n');
    else if (line.len - start >= p->options.columns) /* a wrapped line could not be cleared */
        buf_truncate(&line, start + p->options.columns - 1);
    if (!line.failed)
        fd_write_all(p->options.fd, line.data, line.len);
    buf_release(&line);
}

void progress_update(struct progress *p, uint64_t objects, uint64_t bytes)
{
    if (!p)
        return;
    p->objects = objects;
    p->bytes = bytes;
    const struct mono now = clock_mono(p->options.clock);
    if (mono_since_ns(now, p->drawn) < (p->redraws ? REDRAW_MS : LINE_MS) * NS_PER_MS)
        return;
    p->drawn = now;
    p->shown = true;
    draw(p);
}

void progress_clear(struct progress *p)
{
    if (p && p->redraws && p->shown)
        fd_write_all(p->options.fd, CLEAR_LINE, strlen(CLEAR_LINE));
}

void progress_redraw(struct progress *p)
{
    if (p && p->redraws && p->shown)
        draw(p);
}
