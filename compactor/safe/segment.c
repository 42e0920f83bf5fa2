/* SPDX-License-Identifier: MIT */
/* segment - a listing in pieces, with marks. */
#include "compactor/safe/segment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status segment_init(struct segment *s, struct entries *entries, struct error *err)
{
    *s = (struct segment){.entries = entries};
    entries_reader_init(&s->front, entries, true);
    s->marks = malloc(SEGMENT_SOURCES);
    if (s->marks == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the marks of a listing");
    budget_insist_entries(entries->budget, SEGMENT_SOURCES);
    return STATUS_OK;
}

void segment_release(struct segment *s)
{
    if (s->marks == NULL)
        return;
    budget_give_entries(s->entries->budget, SEGMENT_SOURCES);
    free(s->marks);
    s->marks = NULL;
}

uint64_t segment_waiting(const struct segment *s)
{
    return s->entries->count - s->front.read - s->count;
}

void segment_begin(struct segment *s)
{
    const uint64_t waiting = segment_waiting(s);
    s->count = waiting < SEGMENT_SOURCES ? waiting : SEGMENT_SOURCES;
    memset(s->marks, SEGMENT_NEW, s->count);
    struct segment_pass pass;
    segment_pass_init(&pass, s);
    while (segment_pass_next(&pass)) {
    }
    memcpy(s->last, s->count > 0 ? pass.entry.key : "",
           s->count > 0 ? strlen(pass.entry.key) + 1 : 1);
}

void segment_advance(struct segment *s)
{
    for (; s->count > 0; s->count--) {
        const bool there = entries_read(&s->front, &s->front_entry);
        assert(there);
        (void)there;
    }
}

void segment_pass_init(struct segment_pass *p, const struct segment *s)
{
    p->segment = s;
    p->reader = s->front;
    p->reader.trim = false;
    p->entry = s->front_entry;
    p->index = UINT64_MAX; /* the first is 0 */
}

bool segment_pass_next(struct segment_pass *p)
{
    if (p->index + 1 == p->segment->count || !entries_read(&p->reader, &p->entry))
        return false;
    p->index++;
    return true;
}

enum segment_mark segment_mark_of(const struct segment *s, uint64_t index)
{
    return (enum segment_mark)s->marks[index];
}

void segment_mark(struct segment *s, uint64_t index, enum segment_mark mark)
{
    assert(index < s->count);
    if (s->marks[index] != SEGMENT_NAMED)
        s->marks[index] = (uint8_t)mark;
}

void segment_merge_init(struct segment_merge *m, struct segment *s)
{
    segment_pass_init(&m->pass, s);
    m->has_entry = segment_pass_next(&m->pass);
}

bool segment_merge_meet(struct segment_merge *m, struct segment *s, const struct entry *named)
{
    while (m->has_entry && strcmp(m->pass.entry.key, named->key) < 0)
        m->has_entry = segment_pass_next(&m->pass);
    if (!m->has_entry || strcmp(m->pass.entry.key, named->key) != 0)
        return false;
    if (strcmp(m->pass.entry.etag, named->etag) != 0) {
        segment_mark(s, m->pass.index, SEGMENT_CHANGED);
        return false;
    }
    segment_mark(s, m->pass.index, SEGMENT_NAMED);
    return m->pass.entry.last_modified_unix_s != named->last_modified_unix_s;
}
