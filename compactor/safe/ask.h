/* SPDX-License-Identifier: MIT */
/*
 * ask - one request that is waited for, for what comes before a run's loop.
 *
 *     struct ask ask = {0};
 *     status = s3_head_object(client, bucket, key, ask_done, &ask, err);
 *     if (status == STATUS_OK)
 *         status = ask_wait(client, &ask, err);
 */
#ifndef KIT_COMPACTOR_SAFE_ASK_H
#define KIT_COMPACTOR_SAFE_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/s3/client.h"
#include "lib/s3/object.h"

struct ask {
    bool over;
    enum status status;
    struct error error;
    int http_status;
    uint64_t into_size;
    char etag[S3_ETAG_MAX]; /* "" when the reply has none */
    bool versioned;         /* the reply names a version */
};

/* The callback; `ctx` is the struct ask. */
void ask_done(void *ctx, const struct s3_reply *reply);
/* For callbacks of another kind. */
void ask_set(struct ask *ask, enum status status, const struct error *error);
/* Polls until it is over; returns the reply's status. */
enum status ask_wait(struct s3_client *client, const struct ask *ask, struct error *err) MUST_USE;

#endif
