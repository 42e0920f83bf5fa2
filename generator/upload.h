/* SPDX-License-Identifier: MIT */
/*
 * upload - a sink that PUTs files into a bucket, many in flight, from buffers that are reused.
 *
 * Memory: one buffer a request in flight, together at most UPLOAD_MEMORY_MAX; large files therefore
 * lower the number in flight. The first upload that fails for good ends the run: acquire, put or
 * finish then return its error. finish waits for what is in flight, after a failure or a signal for
 * ten seconds at the most. Requests may be in flight even then, so the client goes first (its end
 * cancels them; a PUT is all or nothing), and then the sink.
 */
#ifndef KIT_GENERATOR_UPLOAD_H
#define KIT_GENERATOR_UPLOAD_H

#include "generator/generate.h"
#include "lib/s3/client.h"

#define UPLOAD_MEMORY_MAX GENERATE_FILE_MAX

struct upload_options {
    struct s3_client *client; /* not owned */
    const char *bucket;
    const char *content_type; /* NULL: the server's default */
    unsigned concurrency;
    uint64_t file_size_max;
    bool (*cancelled)(void);
};
/* How many requests the options allow at once. */
unsigned upload_width(unsigned concurrency, uint64_t file_size_max);
enum status sink_upload_new(const struct upload_options *options, struct sink **out,
                            struct error *err) MUST_USE;

/* Creates the bucket; one that is already ours is fine. */
enum status upload_create_bucket(struct s3_client *client, const char *bucket,
                                 bool (*cancelled)(void), struct error *err) MUST_USE;
/* PUTs a whole file from its descriptor. As after every error here, a client that was cancelled or
 * failed is only good for being freed. */
enum status upload_file(struct s3_client *client, const char *bucket, const char *key, int fd,
                        uint64_t size, bool (*cancelled)(void), struct error *err) MUST_USE;

#endif
