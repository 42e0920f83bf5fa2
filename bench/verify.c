/* SPDX-License-Identifier: MIT */
/* verify - every output is read back and held against the generator's manifest. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bench/campaign.h"
#include "lib/s3/object.h"

struct reading {
    bool over;
    enum status status;
    struct error error;
};

static void on_read(void *ctx, const struct s3_reply *reply)
{
    struct reading *r = ctx;
    r->over = true;
    r->status = reply->status;
    r->error = reply->error;
}

static enum status read_back(struct s3_client *client, const char *bucket, const char *key,
                             void *into, uint64_t size, struct error *err)
{
    struct reading reading = {0};
    enum status status = s3_get_object(
        client, &(struct s3_get){.bucket = bucket, .key = key, .size = size, .into = into}, on_read,
        &reading, err);
    while (status == STATUS_OK && !reading.over)
        status = s3_client_poll(client, 1000, err);
    if (status != STATUS_OK)
        return status;
    return reading.status == STATUS_OK ? STATUS_OK : error_copy(err, &reading.error);
}

static enum status verify_one(const struct campaign *c, const char *bucket, const char *key,
                              const struct expectation *e, struct error *err)
{
    uint8_t sum[SHA256_SIZE];
    uint8_t *data = malloc(e->bytes + 1);
    if (data == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for an output of %" PRIu64 " bytes",
                         e->bytes);
    enum status status = read_back(c->connection.client, bucket, key, data, e->bytes, err);
    if (status == STATUS_OK) {
        sha256(data, e->bytes, sum);
        if (memcmp(sum, e->sha256, sizeof sum) != 0)
            status = error_set(err, STATUS_PROTOCOL,
                               "s3://%s/%s is not what the manifest says: its SHA-256 differs",
                               bucket, key);
    }
    free(data);
    return status;
}

/* The key that the document names as the only output of a date, or NULL. */
static const char *output_of(const json_t *document, const char *date)
{
    size_t i;
    json_t *partition;
    json_array_foreach(json_object_get(document, "partitions"), i, partition)
    {
        const char *name = json_string_value(json_object_get(partition, "date"));
        const json_t *outputs = json_object_get(partition, "outputs");
        if (name != NULL && strcmp(name, date) == 0 && json_array_size(outputs) == 1)
            return json_string_value(json_object_get(json_array_get(outputs, 0), "key"));
    }
    return NULL;
}

enum status verify_outputs(struct campaign *c, size_t cell, const struct json_t *document,
                           struct error *err)
{
    struct s3_uri destination;
    enum status status = STATUS_OK;
    campaign_destination(c, cell, &destination);
    for (size_t i = 0; status == STATUS_OK && i < c->expected_count; i++) {
        const char *key = output_of(document, c->expected[i].date);
        status = key != NULL
                     ? verify_one(c, destination.bucket, key, &c->expected[i], err)
                     : error_set(err, STATUS_PROTOCOL, "%s has no output", c->expected[i].date);
    }
    return status;
}
