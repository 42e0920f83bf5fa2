/* SPDX-License-Identifier: MIT */
/*
 * joiner_private - what the files of joiner share; private to them.
 *
 *     joiner.c         placing, settling in order, taking
 *     joiner_part.c    parts: their memory and their digests
 *     joiner_change.c  settling through a transform
 */
#ifndef KIT_COMPACTOR_JOINER_PRIVATE_H
#define KIT_COMPACTOR_JOINER_PRIVATE_H

#include "compactor/joiner.h"

struct part_queue {
    struct joiner_part *first;
    struct joiner_part *last;
};

struct joiner {
    struct joiner_options options;
    size_t newline_len;
    const uint8_t *newline_bytes;
    struct newline *newline; /* NULL with a transform */
    struct hash *hash;       /* of the whole output; NULL where bytes are copied */
    bool multipart;
    bool closed;
    uint64_t bytes_placed;
    uint64_t sources_placed; /* whose last piece is placed */
    uint64_t bytes_settled;
    uint64_t missing_newlines;
    uint64_t added_newlines;
    struct part_queue placed; /* parts that pieces are placed in, not yet taken or done with */
    uint64_t head;            /* number of slots settled */
    uint64_t tail;            /* number of slots placed */
    struct joiner_slot *slots;

    struct joiner_part *digesting; /* the part whose bytes came last, until it is sealed */
    uint64_t crc;                  /* of what is sealed */
    bool crc_known;

    /* With a transform: */
    struct transform_options transform_options;
    struct transform *transform;
    struct part_queue ready;  /* full parts to send */
    struct joiner_part *open; /* being filled */
    unsigned opened;          /* parts to send so far */
    uint64_t spare_landing;   /* charged, and held for the next part of either kind */
    uint64_t spare_sending;
    bool busy;
    bool finished;
};

static inline struct joiner_slot *slot_at(const struct joiner *j, uint64_t number)
{
    return &j->slots[number & (j->options.window - 1)];
}

/* ---- joiner_part.c ---- */

void part_append(struct part_queue *q, struct joiner_part *part);
struct joiner_part *part_remove_first(struct part_queue *q);
/* Opens the next part that pieces are placed in. */
enum joiner_placing part_open_placed(struct joiner *j, unsigned number);
/* Opens the next part to send, of a transform; NULL when there is no memory for it now, with
 * `*failed` set when an allocation failed. */
struct joiner_part *part_open_sending(struct joiner *j, bool *failed);
/* `len` bytes were added at the end of a part that is to be sent. */
void part_digest(struct joiner *j, struct joiner_part *part, size_t len);
/* Nothing more is added to the part digested last. */
void part_seal(struct joiner *j);
/* The part's bytes so far count in the output's CRC, and no later ones. */
void part_count_crc(struct joiner *j, struct joiner_part *part);
/* Gives back what is held for parts to come. */
void part_give_spares(struct joiner *j, bool landing, bool sending);

/* ---- joiner_change.c ---- */

/* Settles what can be settled through the transform. */
enum status change_pump(struct joiner *j, struct error *err) MUST_USE;
/* `err` is about the slot's source: names it. */
enum status slot_error(const struct joiner_slot *slot, struct error *err);

#endif
