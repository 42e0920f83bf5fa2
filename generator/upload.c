/* SPDX-License-Identifier: MIT */
/* upload - see upload.h. */
#include "generator/upload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/s3/bucket.h"
#include "lib/s3/object.h"

#define POLL_MS  1000 /* a signal ends the wait earlier */
#define DRAIN_MS 10000

struct uploader;

struct slot {
    struct uploader *uploader;
    struct slot *next_free;
    uint64_t size;
    char key[DATASET_KEY_MAX + 1];
    char *memory;
};

struct uploader {
    struct sink sink; /* first: the callbacks find the rest through it */
    struct upload_options options;
    struct slot *slots;
    char *memory; /* of all slots */
    struct slot *free;
    struct slot *rendering; /* what acquire gave away last; taken by put */
    unsigned in_flight;
    bool failed;
    struct error first_error;
};

unsigned upload_width(unsigned concurrency, uint64_t file_size_max)
{
    uint64_t fit = UPLOAD_MEMORY_MAX / file_size_max;
    if (fit < 1)
        fit = 1;
    return fit < concurrency ? (unsigned)fit : concurrency;
}

static void slot_release(struct slot *slot)
{
    slot->next_free = slot->uploader->free;
    slot->uploader->free = slot;
}

static void on_put(void *ctx, const struct s3_reply *reply)
{
    struct slot *slot = ctx;
    struct uploader *u = slot->uploader;
    u->in_flight--;
    if (reply->status == STATUS_OK) {
        u->sink.objects++;
        u->sink.bytes += slot->size;
    } else if (!u->failed) {
        u->failed = true;
        u->first_error = reply->error;
    }
    slot_release(slot);
}

/* Waits for something to happen; the error of an upload becomes the run's. */
static enum status uploader_wait(struct uploader *u, struct error *err)
{
    if (u->options.cancelled())
        return error_set(err, STATUS_CANCELLED, "interrupted");
    enum status status = s3_client_poll(u->options.client, POLL_MS, err);
    if (status == STATUS_OK && u->failed)
        status = error_copy(err, &u->first_error);
    return status;
}

static enum status upload_acquire(struct sink *s, char **memory, struct error *err)
{
    struct uploader *u = (struct uploader *)s;
    if (u->failed)
        return error_copy(err, &u->first_error);
    while (!u->free) {
        enum status status = uploader_wait(u, err);
        if (status != STATUS_OK)
            return status;
    }
    u->rendering = u->free;
    u->free = u->rendering->next_free;
    *memory = u->rendering->memory;
    return STATUS_OK;
}

static enum status upload_put(struct sink *s, const struct generated_file *f, struct error *err)
{
    struct uploader *u = (struct uploader *)s;
    struct slot *slot = u->rendering;
    u->rendering = NULL;
    slot->size = f->size;
    snprintf(slot->key, sizeof slot->key, "%s", f->key);
    /* S3's own default: cheaper for whoever reads it back than SHA-256. */
    const struct s3_write write = {.bucket = u->options.bucket,
                                   .key = slot->key,
                                   .content_type = u->options.content_type,
                                   .checksum = CHECKSUM_CRC64NVME};
    enum status status = s3_put_object(u->options.client, &write, slot->memory, f->size, f->sha256,
                                       on_put, slot, err);
    if (status != STATUS_OK) {
        slot_release(slot);
        return status;
    }
    u->in_flight++;
    return STATUS_OK;
}

/* What was sent may still come to be after a failure or a signal; who tidies up then must not be
 * overtaken by it. */
static void uploader_drain(struct uploader *u)
{
    const struct mono deadline = mono_add_ms(clock_mono(clock_system()), DRAIN_MS);
    int64_t left_ns = DRAIN_MS * NS_PER_MS;
    while (u->in_flight > 0 && left_ns > 0 &&
           s3_client_poll(u->options.client, left_ns / NS_PER_MS + 1, NULL) == STATUS_OK)
        left_ns = mono_since_ns(deadline, clock_mono(clock_system()));
}

static enum status upload_finish(struct sink *s, struct error *err)
{
    struct uploader *u = (struct uploader *)s;
    enum status status = STATUS_OK;
    while (u->in_flight > 0 && status == STATUS_OK)
        status = uploader_wait(u, err);
    if (status != STATUS_OK)
        uploader_drain(u);
    return status == STATUS_OK && u->failed ? error_copy(err, &u->first_error) : status;
}

static void upload_free(struct sink *s)
{
    struct uploader *u = (struct uploader *)s;
    free(u->slots);
    free(u->memory);
    free(u);
}

enum status sink_upload_new(const struct upload_options *options, struct sink **out,
                            struct error *err)
{
    unsigned width = upload_width(options->concurrency, options->file_size_max);
    struct uploader *u = calloc(1, sizeof *u);
    if (!u)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for uploads");
    u->sink = (struct sink){.wants_sha256 = true,
                            .acquire = upload_acquire,
                            .put = upload_put,
                            .finish = upload_finish,
                            .free = upload_free};
    u->options = *options;
    u->slots = calloc(width, sizeof *u->slots);
    u->memory = malloc(width * options->file_size_max);
    if (!u->slots || !u->memory) {
        upload_free(&u->sink);
        return error_set(err, STATUS_NO_MEMORY, "out of memory for %u uploads at once", width);
    }
    for (unsigned i = 0; i < width; i++) {
        u->slots[i].uploader = u;
        u->slots[i].memory = u->memory + i * options->file_size_max;
        slot_release(&u->slots[i]);
    }
    *out = &u->sink;
    return STATUS_OK;
}

struct answer {
    bool arrived;
    enum status status;
    struct error error;
};

static void on_answer(void *ctx, const struct s3_reply *reply)
{
    struct answer *a = ctx;
    a->arrived = true;
    a->status = reply->status;
    a->error = reply->error;
}

/* When this gives up, the request is still the client's: the client is not to be polled again. */
static enum status answer_wait(struct s3_client *client, const struct answer *a,
                               bool (*cancelled)(void), struct error *err)
{
    while (!a->arrived) {
        if (cancelled())
            return error_set(err, STATUS_CANCELLED, "interrupted");
        enum status status = s3_client_poll(client, POLL_MS, err);
        if (status != STATUS_OK)
            return status;
    }
    return a->status == STATUS_OK ? STATUS_OK : error_copy(err, &a->error);
}

enum status upload_create_bucket(struct s3_client *client, const char *bucket,
                                 bool (*cancelled)(void), struct error *err)
{
    struct answer answer = {0};
    enum status status = s3_bucket_create(client, bucket, on_answer, &answer, err);
    return status == STATUS_OK ? answer_wait(client, &answer, cancelled, err) : status;
}

enum status upload_file(struct s3_client *client, const char *bucket, const char *key, int fd,
                        uint64_t size, bool (*cancelled)(void), struct error *err)
{
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return error_set(err, STATUS_IO, "cannot read back %s: %s", key, strerror(errno));
    struct answer answer = {0};
    const struct s3_write write = {
        .bucket = bucket, .key = key, .content_type = "application/x-ndjson"};
    enum status status = s3_put_object(client, &write, data, size, NULL, on_answer, &answer, err);
    if (status == STATUS_OK)
        status = answer_wait(client, &answer, cancelled, err);
    /* Unless the client may still be sending from it. */
    if (status == STATUS_OK || answer.arrived)
        munmap(data, size);
    return status;
}
