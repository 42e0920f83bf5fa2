/* SPDX-License-Identifier: MIT */
/* ask - one request that is waited for. */
#include "compactor/safe/ask.h"

#include <string.h>

#define POLL_MS 1000

void ask_set(struct ask *ask, enum status status, const struct error *error)
{
    ask->over = true;
    ask->status = status;
    if (status != STATUS_OK)
        ask->error = *error;
}

void ask_done(void *ctx, const struct s3_reply *reply)
{
    struct ask *ask = ctx;
    char version[S3_ETAG_MAX];
    ask_set(ask, reply->status, &reply->error);
    ask->http_status = reply->http_status;
    ask->into_size = reply->into_size;
    if (!s3_reply_header(reply, "etag", ask->etag, sizeof ask->etag))
        ask->etag[0] = '\0';
    ask->versioned = s3_reply_header(reply, "x-amz-version-id", version, sizeof version) &&
                     strcmp(version, "null") != 0;
}

enum status ask_wait(struct s3_client *client, const struct ask *ask, struct error *err)
{
    while (!ask->over) {
        enum status status = s3_client_poll(client, POLL_MS, err);
        if (status != STATUS_OK)
            return status;
    }
    return ask->status == STATUS_OK ? STATUS_OK : error_copy(err, &ask->error);
}
