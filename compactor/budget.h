/* SPDX-License-Identifier: MIT */
/*
 * budget - the memory that a run may hold, in two accounts: listing entries and part buffers.
 *
 * Nothing here allocates; holders account for what they take. Why this cannot deadlock: a part
 * that was granted needs no further grant to be filled, settled in turn and sent, provided every
 * part before it in its output was granted first; grants are asked for in join order, and a run
 * stops asking on behalf of later outputs while an earlier one waits. A lone part larger than the
 * whole account is granted, since nothing else is held then.
 *
 * Threads: belongs to one.
 */
#ifndef KIT_COMPACTOR_BUDGET_H
#define KIT_COMPACTOR_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUDGET_MIN_BYTES (UINT64_C(16) << 20)

struct budget {
    uint64_t entries_max;
    uint64_t entries_held;
    uint64_t parts_max;
    uint64_t parts_held;
    uint64_t parts_peak;
    bool parts_closed; /* an earlier output waits: refuse later ones */
};

/* A quarter for entries, the rest for parts. */
void budget_init(struct budget *b, uint64_t total_bytes);
bool budget_take_entries(struct budget *b, size_t bytes);
/* For what is bounded elsewhere and must go on, such as a page of a second listing. */
void budget_insist_entries(struct budget *b, size_t bytes);
void budget_give_entries(struct budget *b, size_t bytes);
/* False when there is no room, or while someone earlier in join order waits for some. */
bool budget_take_part(struct budget *b, size_t bytes);
/* For memory that would be good to have: false when there is no room, and nobody is held back. */
bool budget_try_part(struct budget *b, size_t bytes);
/* For the little more that an output needs to go on at all. */
void budget_insist_part(struct budget *b, size_t bytes);
/* A pass over the outputs in join order begins: nobody has been refused yet. */
void budget_open_parts(struct budget *b);
void budget_give_part(struct budget *b, size_t bytes);

#endif
