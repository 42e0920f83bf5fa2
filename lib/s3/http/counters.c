/* SPDX-License-Identifier: MIT */
/* counters - see counters.h. */
#include "lib/s3/http/counters.h"

#include <string.h>

void s3_counters_init(struct s3_counters *c)
{
    memset(c, 0, sizeof *c);
    for (int op = 0; op < S3_OP_COUNT; op++) {
        hist_init(&c->op[op].ttfb);
        hist_init(&c->op[op].total);
    }
}

static uint64_t to_us(int64_t ns)
{
    return ns > 0 ? (uint64_t)(ns / NS_PER_US) : 0;
}

void s3_counters_attempt(struct s3_counters *c, enum s3_op op, const struct http_exchange *x)
{
    struct s3_op_counters *o = &c->op[op];
    o->attempts++;
    o->bytes_in += x->body_bytes;
    o->bytes_out += x->sent_bytes;
    c->connections_opened += x->new_connections;
    if (x->reused_connection)
        c->connections_reused++;
    /* Without a reply the times would say how long the deadline is, not how fast the server. */
    if (x->http_status != 0) {
        hist_record_us(&o->ttfb, to_us(x->first_byte_ns));
        hist_record_us(&o->total, to_us(x->last_byte_ns));
    }
}

void s3_counters_merge(struct s3_counters *into, const struct s3_counters *from)
{
    for (int op = 0; op < S3_OP_COUNT; op++) {
        struct s3_op_counters *o = &into->op[op];
        const struct s3_op_counters *f = &from->op[op];
        o->requests += f->requests;
        o->failures += f->failures;
        o->attempts += f->attempts;
        o->bytes_in += f->bytes_in;
        o->bytes_out += f->bytes_out;
        hist_merge(&o->ttfb, &f->ttfb);
        hist_merge(&o->total, &f->total);
    }
    for (int i = 0; i < RETRY_REASON_COUNT; i++)
        into->retries[i] += from->retries[i];
    into->connections_opened += from->connections_opened;
    into->connections_reused += from->connections_reused;
    if (from->in_flight_max > into->in_flight_max)
        into->in_flight_max = from->in_flight_max;
}
