/* SPDX-License-Identifier: MIT */
/* budget - memory accounts of a run. */
#include "compactor/budget.h"

#include <assert.h>

void budget_init(struct budget *b, uint64_t total_bytes)
{
    *b =
        (struct budget){.entries_max = total_bytes / 4, .parts_max = total_bytes - total_bytes / 4};
}

bool budget_take_entries(struct budget *b, size_t bytes)
{
    const uint64_t left = b->entries_held < b->entries_max ? b->entries_max - b->entries_held : 0;
    if (bytes > left)
        return false;
    b->entries_held += bytes;
    return true;
}

void budget_insist_entries(struct budget *b, size_t bytes)
{
    b->entries_held += bytes;
}

void budget_give_entries(struct budget *b, size_t bytes)
{
    assert(bytes <= b->entries_held);
    b->entries_held -= bytes;
}

void budget_insist_part(struct budget *b, size_t bytes)
{
    b->parts_held += bytes;
    if (b->parts_held > b->parts_peak)
        b->parts_peak = b->parts_held;
}

static bool has_room(const struct budget *b, size_t bytes)
{
    const uint64_t left = b->parts_held < b->parts_max ? b->parts_max - b->parts_held : 0;
    return !b->parts_closed && bytes <= left;
}

bool budget_take_part(struct budget *b, size_t bytes)
{
    if (!has_room(b, bytes) && (b->parts_closed || b->parts_held != 0)) {
        b->parts_closed = true;
        return false;
    }
    budget_insist_part(b, bytes);
    return true;
}

bool budget_try_part(struct budget *b, size_t bytes)
{
    if (!has_room(b, bytes))
        return false;
    budget_insist_part(b, bytes);
    return true;
}

void budget_open_parts(struct budget *b)
{
    b->parts_closed = false;
}

void budget_give_part(struct budget *b, size_t bytes)
{
    assert(bytes <= b->parts_held);
    b->parts_held -= bytes;
}
