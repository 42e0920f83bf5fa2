/* SPDX-License-Identifier: MIT */
/*
 * decision - never less than before.
 *
 *   output         listed sources                                   decision
 *   none           any                                              create
 *   not ours       any                                              refuse
 *   ours           the same                                         unchanged
 *   ours           the same, joined with other options              refuse
 *   ours           those up to its newest the same, and newer ones  replace
 *   ours           others, and another --max-source-size            refuse, and say so
 *   ours           anything else                                    refuse
 */
#include "compactor/decision.h"

#include <stddef.h>

static bool same_options(const struct record *a, const struct record *b)
{
    return a->newline_ensured == b->newline_ensured && a->csv_header_once == b->csv_header_once &&
           a->gzip_recompressed == b->gzip_recompressed;
}

enum decision decision_make(const struct decision_input *in)
{
    if (!in->exists)
        return DECISION_CREATE;
    if (!in->ours)
        return DECISION_REFUSE_FOREIGN;
    const struct record *was = in->existing;
    const struct record *now = in->listed;
    if (digest_equal(&was->digest, &now->digest) && was->sources == now->sources)
        return same_options(was, now) ? DECISION_UNCHANGED : DECISION_REFUSE_OPTIONS;
    if (now->sources > was->sources && digest_equal(&was->digest, in->subset))
        return DECISION_REPLACE;
    return was->max_source_bytes != now->max_source_bytes ? DECISION_REFUSE_MAXIMUM
                                                          : DECISION_REFUSE_LESS;
}

bool decision_refuses(enum decision d)
{
    return d == DECISION_REFUSE_FOREIGN || d == DECISION_REFUSE_LESS ||
           d == DECISION_REFUSE_OPTIONS || d == DECISION_REFUSE_MAXIMUM;
}

const char *decision_reason(enum decision d)
{
    switch (d) {
    case DECISION_REFUSE_FOREIGN:
        return "was not written by s3-compact";
    case DECISION_REFUSE_LESS:
        return "was made of sources that are gone or changed since";
    case DECISION_REFUSE_OPTIONS:
        return "was joined with another --newline, --csv-header or --gzip";
    case DECISION_REFUSE_MAXIMUM:
        return "was made of other sources, with another --max-source-size";
    case DECISION_NOTHING:
    case DECISION_CREATE:
    case DECISION_UNCHANGED:
    case DECISION_REPLACE:
        break;
    }
    return "";
}
