/* SPDX-License-Identifier: MIT */
/* shape - options against suffixes. */
#include "compactor/shape.h"

#include "compactor/naming.h"

enum status shape_check(const struct shape *shape, const char *suffix, struct error *err)
{
    const bool gzip = naming_suffix_is_gzip(suffix);
    const bool other = naming_suffix_is_other_compression(suffix);
    if (shape->newline_ensure && other)
        return error_set(err, STATUS_INVALID,
                         "--newline ensure works on plain text and gzip, and \"%s\" is neither",
                         suffix);
    if (shape->csv_header_once && other)
        return error_set(err, STATUS_INVALID,
                         "--csv-header once works on plain text and gzip, and \"%s\" is neither",
                         suffix);
    if (shape->csv_header_once && gzip && shape->gzip_level == 0)
        return error_set(err, STATUS_INVALID,
                         "--csv-header once cannot drop lines from gzip members (\"%s\"); add "
                         "--gzip recompress",
                         suffix);
    return STATUS_OK;
}

bool shape_recompresses(const struct shape *shape, const char *suffix)
{
    return shape->gzip_level > 0 && naming_suffix_is_gzip(suffix);
}

bool shape_transforms(const struct shape *shape, const char *suffix, struct transform_options *out)
{
    const bool recompresses = shape_recompresses(shape, suffix);
    *out = (struct transform_options){
        .gzip_level = recompresses ? shape->gzip_level : 0,
        .csv_header_once = shape->csv_header_once,
        .newline_ensure = shape->newline_ensure,
    };
    return recompresses || shape->csv_header_once;
}

enum newline_kind shape_newline(const struct shape *shape, const char *suffix)
{
    if (naming_suffix_is_gzip(suffix))
        return shape->newline_ensure ? NEWLINE_GZIP : NEWLINE_IGNORED;
    if (naming_suffix_is_other_compression(suffix))
        return NEWLINE_IGNORED;
    return shape->newline_ensure ? NEWLINE_TEXT : NEWLINE_COUNTED;
}

bool shape_keeps(const struct shape *shape, const char *suffix)
{
    struct transform_options transform;
    const enum newline_kind newline = shape_newline(shape, suffix);
    return !shape_transforms(shape, suffix, &transform) &&
           (newline == NEWLINE_IGNORED || newline == NEWLINE_COUNTED);
}
