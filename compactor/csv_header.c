/* SPDX-License-Identifier: MIT */
/* csv_header - one header line for many CSV sources. */
#include "compactor/csv_header.h"

#include <string.h>

static const char byte_order_mark[] = "\xef\xbb\xbf";

void csv_header_init(struct csv_header *c, size_t max)
{
    *c = (struct csv_header){.in_header = true};
    buf_init(&c->header, max);
    buf_init(&c->line, max);
}

void csv_header_release(struct csv_header *c)
{
    buf_release(&c->header);
    buf_release(&c->line);
}

void csv_header_next_source(struct csv_header *c)
{
    buf_reset(&c->line);
    c->in_header = true;
    c->quoted = false;
}

/* The bytes up to the end of the line, the break included; `*ends` tells whether it is there. */
static size_t line_length(struct csv_header *c, const uint8_t *data, size_t len, bool *ends)
{
    *ends = false;
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '"')
            c->quoted = !c->quoted;
        if (data[i] != '\n' || c->quoted)
            continue;
        *ends = true;
        return i + 1;
    }
    return len;
}

static void strip(struct buf *line)
{
    const size_t mark = sizeof byte_order_mark - 1;
    if (line->len > 0 && line->data[line->len - 1] == '\n')
        buf_truncate(line, line->len - 1);
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        buf_truncate(line, line->len - 1);
    if (line->len >= mark && memcmp(line->data, byte_order_mark, mark) == 0) {
        memmove(line->data, line->data + mark, line->len - mark);
        buf_truncate(line, line->len - mark);
    }
}

/* The line is whole: it becomes the header, or has to be it. */
static enum status settle_line(struct csv_header *c, struct error *err)
{
    c->in_header = false;
    strip(&c->line);
    if (!c->known) {
        buf_append(&c->header, c->line.data, c->line.len);
        c->known = true;
        return buf_status(&c->header, "a CSV header", err);
    }
    if (c->line.len != c->header.len || memcmp(c->line.data, c->header.data, c->line.len) != 0)
        return error_set(err, STATUS_PROTOCOL,
                         "begins with another line than the first source's header, so its header "
                         "cannot be dropped");
    c->dropped++;
    return STATUS_OK;
}

enum status csv_header_take(struct csv_header *c, const uint8_t *data, size_t len, size_t *taken,
                            bool *keep, struct error *err)
{
    bool ends = false;
    if (!c->in_header) {
        *taken = len;
        *keep = true;
        return STATUS_OK;
    }
    const size_t n = line_length(c, data, len, &ends);
    const bool is_first = !c->known;
    buf_append(&c->line, data, n);
    if (c->line.failed == STATUS_LIMIT)
        return error_set(err, STATUS_PROTOCOL, "has no line end within %zu bytes: is it CSV?",
                         c->line.max);
    enum status status = buf_status(&c->line, "a CSV header", err);
    if (status == STATUS_OK && ends)
        status = settle_line(c, err);
    if (status != STATUS_OK)
        return status;
    *taken = n;
    *keep = is_first;
    return STATUS_OK;
}

enum status csv_header_end_source(struct csv_header *c, struct error *err)
{
    return c->in_header && c->line.len > 0 ? settle_line(c, err) : STATUS_OK;
}
