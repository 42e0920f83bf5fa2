/* SPDX-License-Identifier: MIT */
/*
 * joiner - puts the pieces of one output together in key order. Knows no HTTP.
 *
 *     joiner_place   gives a piece its place in memory; a GET writes straight into it
 *     joiner_filled  its bytes have arrived; all that is now contiguous is settled
 *     joiner_pump    goes on settling what had to wait (only with a transform)
 *     joiner_close   no more pieces will come
 *     joiner_take    the next part that is settled to its end, to be sent; in order
 *
 * Two ways lead through it. Where bytes stay the same, a source's place in its part is known from
 * the listing before it is fetched, so its bytes are never copied on the way (only with --newline
 * ensure they may move up). With a transform, lengths are not known beforehand: pieces land in
 * parts of their own, and settling turns them into the parts that are sent, cut at exactly their
 * ceilings. The two share placing, the window and the order.
 *
 * A piece that the server copies has a slot and no memory; what is settled for it is its source's
 * checksum, if it is known.
 *
 * Memory: parts are charged to the budget when their first piece is placed, and sized by what the
 * options announce; a piece beyond that is refused, since a second listing may name more. At most
 * `window` pieces are placed and not yet settled. Settling is strictly in order over the whole
 * output, so one hash and one newline state do. An output with a transform takes the memory of one
 * landing part and of one part to send at its first piece, and keeps both until it needs them no
 * more: with these it can always go on, however little there is for others. More is taken where the
 * budget has it.
 */
#ifndef KIT_COMPACTOR_JOINER_H
#define KIT_COMPACTOR_JOINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compactor/budget.h"
#include "compactor/newline.h"
#include "compactor/plan.h"
#include "compactor/transform.h"
#include "lib/base/hash.h"

struct joiner;

/* A part that is settled: send it, then joiner_part_free. */
struct joiner_part {
    unsigned number;
    uint8_t *data;
    size_t size;
    uint8_t sha256[SHA256_SIZE];
    uint64_t crc64nvme; /* with options.crc */
    /* private to joiner */
    size_t capacity;
    uint64_t charge; /* what the budget holds for it */
    size_t placed;   /* next free byte, reserved newlines counted */
    uint64_t end;    /* number of the slot after its last one */
    bool landing;    /* its bytes are not sent as they are */
    bool closed;
    bool crc_counted;  /* in the output's, as far as it goes there */
    struct hash *hash; /* NULL where the output's own hash gives it */
    struct joiner_part *next;
};

struct joiner_options {
    uint64_t source_bytes; /* of all sources together */
    uint64_t sources;      /* that are not empty; of gzip, at least NEWLINE_GZIP_MIN bytes each */
    enum newline_kind newline;                 /* without a transform */
    const struct transform_options *transform; /* NULL: bytes stay as they are */
    bool copies;     /* some pieces are copied: there will be no SHA-256 of the whole */
    unsigned window; /* power of two */
    struct budget *budget;
};

/* A placed piece, until it is settled. */
struct joiner_slot {
    struct joiner_part *part; /* NULL for a copied piece */
    uint8_t *into;            /* where a GET puts its bytes */
    size_t size;
    bool ends_source;
    bool filled;
    /* Of a copied piece that ends its source, before it is filled: */
    uint64_t source_size;
    bool has_crc;
    uint64_t crc64nvme; /* of the whole source */
    /* private to joiner */
    size_t offset;
    bool borrowed;
    char *key; /* where settling may fail and has to name it; else NULL */
    size_t fed;
    bool ending;
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

/* The slot stays put until it is filled. `key` names its source in errors. */
enum joiner_placing joiner_place(struct joiner *j, const struct plan_piece *piece, const char *key,
                                 struct joiner_slot **out) MUST_USE;
/* STATUS_PROTOCOL when a source is not what it is taken for: broken gzip, another CSV header. */
enum status joiner_filled(struct joiner *j, struct joiner_slot *slot, struct error *err) MUST_USE;
void joiner_close(struct joiner *j);
enum status joiner_pump(struct joiner *j, struct error *err) MUST_USE;
/* The pump stopped with work left that waits for nothing. */
bool joiner_is_busy(const struct joiner *j);
/* The caller owns the part then; NULL when none is ready. */
struct joiner_part *joiner_take(struct joiner *j);
void joiner_part_free(struct joiner *j, struct joiner_part *part);

/* There will be more than one part. Known from the start, but with a transform only by and by; no
 * part is ready before. */
bool joiner_is_multipart(const struct joiner *j);
/* Closed, and everything that was placed is settled. */
bool joiner_is_settled(const struct joiner *j);
/* Settled, and every part taken. */
bool joiner_drained(const struct joiner *j);
uint64_t joiner_bytes(const struct joiner *j); /* settled so far, copied ones included */

struct joiner_counts {
    uint64_t missing_newlines; /* sources without a final one; of copied ones it is not known */
    uint64_t added_newlines;
    uint64_t headers_dropped;
};
void joiner_counts(const struct joiner *j, struct joiner_counts *out);

/* Digests of everything settled so far: of the output once joiner_is_settled. False where it is not
 * known, because bytes were copied. */
bool joiner_sha256(const struct joiner *j, uint8_t out[SHA256_SIZE]);
/* Of outputs of several parts: of what is settled; copied sources count with their own. */
bool joiner_crc64nvme(struct joiner *j, uint64_t *out);

#endif
