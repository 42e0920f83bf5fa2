/* SPDX-License-Identifier: MIT */
/*
 * marker - the object that says whose a run's prefix is. It is the first thing that a run writes
 * into a real bucket and the last that it deletes; without it nothing is deleted.
 *
 * A small JSON document, schema "s3-bench-marker/1", under "<prefix>s3-bench-marker.json". Reads and
 * writes wait for their replies. STATUS_PRECONDITION where the prefix is somebody else's.
 */
#ifndef KIT_BENCH_MARKER_H
#define KIT_BENCH_MARKER_H

#include "lib/base/error.h"
#include "lib/s3/client.h"

struct marker {
    const char *bucket;
    const char *prefix; /* of the run, with its final slash */
    const char *run;    /* "20240114T120000Z" */
};

/* Creates it, never over another. */
enum status marker_put(struct s3_client *client, const struct marker *m,
                       struct error *err) MUST_USE;
/* That it is there and as marker_put wrote it. */
enum status marker_check(struct s3_client *client, const struct marker *m,
                         struct error *err) MUST_USE;
enum status marker_delete(struct s3_client *client, const struct marker *m,
                          struct error *err) MUST_USE;

#endif
