/* SPDX-License-Identifier: MIT */
/*
 * shape - what shapes an output besides its sources, and on which sources it works. Pure.
 *
 * A manifest records it, and whoever takes a generation over obeys it, whatever its own options are.
 */
#ifndef KIT_COMPACTOR_SHAPE_H
#define KIT_COMPACTOR_SHAPE_H

#include <stdbool.h>

#include "compactor/newline.h"
#include "compactor/transform.h"

#define SHAPE_GZIP_LEVEL 6 /* of --gzip recompress without a level: zlib's own default */

struct shape {
    bool newline_ensure;
    bool csv_header_once;
    int gzip_level; /* gzip sources become one member of this level; 0: their members stay */
};

/* STATUS_INVALID where sources of this suffix cannot be given that shape. */
enum status shape_check(const struct shape *shape, const char *suffix, struct error *err) MUST_USE;
/* Gzip sources become one member. */
bool shape_recompresses(const struct shape *shape, const char *suffix);
/* Whether lengths change on the way, and then how; otherwise bytes stay as they are. */
bool shape_transforms(const struct shape *shape, const char *suffix, struct transform_options *out);
/* Bytes stay just as they are, and nothing has to be known of them. */
bool shape_keeps(const struct shape *shape, const char *suffix);
/* What is done about final newlines where bytes stay as they are. */
enum newline_kind shape_newline(const struct shape *shape, const char *suffix);

#endif
