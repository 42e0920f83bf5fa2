/* SPDX-License-Identifier: MIT */
/*
 * content - the Content-Type and Content-Encoding an output takes over from its sources: those of
 * the first one in key order, while replies arrive in any order. Pure.
 */
#ifndef KIT_COMPACTOR_CONTENT_H
#define KIT_COMPACTOR_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/s3/object.h"

#define CONTENT_KINDS_MAX 8

struct content_kind {
    char type[S3_CONTENT_MAX];
    char encoding[S3_CONTENT_MAX];
    uint64_t sources;
};
struct content {
    struct content_kind kinds[CONTENT_KINDS_MAX];
    unsigned kind_count;
    uint64_t uncounted; /* sources of yet more kinds */
    int first;          /* index of the first source's kind; -1 until it is known */
};

void content_init(struct content *c);
void content_note(struct content *c, const char *type, const char *encoding, bool is_first);
bool content_known(const struct content *c);
const char *content_type(const struct content *c);
/* "" where it must not be carried over: gzip on an object of more than one member. */
const char *content_encoding(const struct content *c, uint64_t sources, bool *dropped);
uint64_t content_differing(const struct content *c);

#endif
