/* SPDX-License-Identifier: MIT */
/* counters - the start of counting. */
#include "lib/s3/http/counters.h"

#include <string.h>

void s3_counters_init(struct s3_counters *c)
{
    memset(c, 0, sizeof *c);
    for (int i = 0; i < S3_OP_COUNT; i++) {
        hist_init(&c->op[i].ttfb);
        hist_init(&c->op[i].total);
    }
}
