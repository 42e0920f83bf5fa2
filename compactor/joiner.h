/* SPDX-License-Identifier: MIT */
/*
 * joiner - puts the pieces of one output together in key order. Knows no HTTP.
 *
 *     joiner_place   gives a piece its place in a part's memory; a GET writes straight into it
 *     joiner_filled  its bytes have arrived; all that is now contiguous is settled: moved up where
 *                    a reserved newline was not needed, newline added where one was, hashed
 *     joiner_close   no more pieces will come
 *     joiner_take    the next part that is settled to its end, to be sent; in order
 *
 * Because every size is known from the listing, a source's place is known before it is fetched, so
 * its bytes are never copied on the way (only with --newline ensure, where they may move up).
 *
 * Memory: parts are charged to the budget when their first piece is placed, and sized by what the
 * options announce; a piece beyond that is refused, since a second listing may name more. At most `window` pieces
 * are placed and not yet settled. Settling is strictly in order over the whole output, so one hash
 * and one newline state do.
 */
#ifndef KIT_COMPACTOR_JOINER_H
#define KIT_COMPACTOR_JOINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compactor/budget.h"
#include "compactor/newline.h"
#include "compactor/plan.h"
#include "lib/base/hash.h"

struct joiner;

/* A part that is settled: send it, then joiner_part_free. */
struct joiner_part {
    unsigned number;
    uint8_t *data;
    size_t size;
    uint8_t sha256[SHA256_SIZE];
    /* private to joiner */
    size_t capacity;
    size_t placed; /* next free byte, reserved newlines counted */
    uint64_t source_bytes;
    bool closed;
    struct hash *hash; /* NULL in an output of one part, whose hash is the output's */
    struct joiner_part *next;
};

struct joiner_options {
    uint64_t source_bytes; /* of all sources together */
    uint64_t sources;      /* that are not empty; of gzip, at least NEWLINE_GZIP_MIN bytes each */
    enum newline_kind newline;
    unsigned window; /* power of two */
    struct budget *budget;
};

/* A placed piece, until it is settled. */
struct joiner_slot {
    struct joiner_part *part;
    size_t offset;
    size_t size;
    bool ends_source;
    bool filled;
};

enum joiner_placing {
    JOINER_PLACED,
    JOINER_WINDOW_FULL, /* settle some first */
    JOINER_NO_BUDGET,   /* a new part is needed and not granted now */
    JOINER_NO_MEMORY,   /* an allocation failed */
    JOINER_TOO_MUCH,    /* more bytes or sources than the options announced */
};

enum status joiner_new(const struct joiner_options *options, struct joiner **out,
                       struct error *err) MUST_USE;
/* No placed slot may be written to any more. Gives everything back to the budget. */
void joiner_free(struct joiner *j);

/* Where the piece's bytes go: slot->part->data + slot->offset. The slot stays put until filled. */
enum joiner_placing joiner_place(struct joiner *j, const struct plan_piece *piece,
                                 struct joiner_slot **out) MUST_USE;
/* STATUS_PROTOCOL when a gzip source is broken (newline kinds that look inside). */
enum status joiner_filled(struct joiner *j, struct joiner_slot *slot, struct error *err) MUST_USE;
void joiner_close(struct joiner *j);
/* The caller owns the part then; NULL when none is ready. */
struct joiner_part *joiner_take(struct joiner *j);
void joiner_part_free(struct joiner *j, struct joiner_part *part);

/* Closed, and everything that was placed is settled. */
bool joiner_is_settled(const struct joiner *j);
/* Settled, and every part taken. */
bool joiner_drained(const struct joiner *j);
uint64_t joiner_bytes(const struct joiner *j);            /* settled so far */
uint64_t joiner_missing_newlines(const struct joiner *j); /* sources without a final one */
uint64_t joiner_added_newlines(const struct joiner *j);
/* The SHA-256 of everything settled so far: of the output once joiner_is_settled. */
void joiner_sha256(const struct joiner *j, uint8_t out[SHA256_SIZE]);

#endif
