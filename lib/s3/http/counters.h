/* SPDX-License-Identifier: MIT */
/*
 * counters - what a client did: by operation, by retry reason, by connection.
 */
#ifndef KIT_S3_HTTP_COUNTERS_H
#define KIT_S3_HTTP_COUNTERS_H

#include <stdint.h>

#include "lib/base/hist.h"
#include "lib/s3/http/retry.h"
#include "lib/s3/http/transport.h"
#include "lib/s3/op.h"

struct s3_op_counters {
    uint64_t requests; /* whole operations, retries not counted again */
    uint64_t failures; /* operations that ended in an error (404 on HEAD counts as none) */
    uint64_t attempts; /* HTTP requests */
    uint64_t bytes_in; /* bodies received and sent, all attempts */
    uint64_t bytes_out;
    struct hist ttfb; /* of each attempt that got a reply, from its start */
    struct hist total;
};

struct s3_counters {
    struct s3_op_counters op[S3_OP_COUNT];
    uint64_t retries[RETRY_REASON_COUNT];
    uint64_t connections_opened;
    uint64_t connections_reused; /* attempts on a kept connection */
    uint64_t in_flight_max;
};

/* Adds what another client did; in_flight_max becomes the larger of the two. */
void s3_counters_merge(struct s3_counters *into, const struct s3_counters *from);
void s3_counters_init(struct s3_counters *c);
/* Counts a finished attempt: bytes, times, connections. */
void s3_counters_attempt(struct s3_counters *c, enum s3_op op, const struct http_exchange *x);

#endif
