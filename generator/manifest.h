/* SPDX-License-Identifier: MIT */
/*
 * manifest - what a generator run made, as JSON Lines: enough to check a compactor's output without
 * reading a source.
 *
 *     {"schema":"s3-generate/1","algorithm":1,"format":"ndjson","seed":7,"rows":64,"files":300,
 *      "from":"2024-01-01","to":"2024-01-30","date_format":"%Y/%m/%d","bucket":"b","prefix":"p/"}
 *     {"key":"p/2024/01/01/test_data_10.json","size":10368,"sha256":"…","rows":64,"date":"2024-01-01"}
 *     …                                                       (one line each; objects in raw key order)
 *     {"partition":"p/2024/01/01/","date":"2024-01-01","objects":10,"bytes":103680,"sha256":"…"}
 *
 * The line of a partition follows its objects; its sha256 is that of their concatenation. Dates
 * ascend; where the date format has hours they are written "2024-01-01T05".
 *
 * A manifest comes into being under a temporary name beside its own and is renamed when it is
 * whole (a target that is no regular file, such as a pipe, is written straight). The reader streams
 * and checks: one schema, one head, sums and counts of every partition, and that nothing is missing
 * at the end; a broken line is named by its number.
 *
 * Limits: MANIFEST_LINE_MAX bytes a line. Threads: a writer belongs to one thread.
 */
#ifndef KIT_GENERATOR_MANIFEST_H
#define KIT_GENERATOR_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "generator/dataset.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

#define MANIFEST_SCHEMA    "s3-generate/1"
#define MANIFEST_LINE_MAX  16384
#define MANIFEST_FIELD_MAX 1024 /* bytes of a bucket, prefix, key or partition */
#define MANIFEST_DATE_MAX  16   /* "2024-01-14T05" and its NUL */

struct manifest_head {
    uint64_t algorithm; /* DATASET_ALGORITHM */
    char format[16];    /* "ndjson" or "reference" */
    uint64_t seed;
    uint64_t rows;
    uint64_t files;
    char from[MANIFEST_DATE_MAX]; /* "2024-01-01", first and last day */
    char to[MANIFEST_DATE_MAX];
    char date_format[DATE_FORMAT_MAX];
    char bucket[MANIFEST_FIELD_MAX + 1]; /* "" when there was none */
    char prefix[MANIFEST_FIELD_MAX + 1];
};
struct manifest_object {
    char key[MANIFEST_FIELD_MAX + 1];
    uint64_t size;
    uint8_t sha256[SHA256_SIZE];
    uint64_t rows;
    char date[MANIFEST_DATE_MAX];
};
struct manifest_partition {
    char partition[MANIFEST_FIELD_MAX + 1]; /* the objects' common prefix, with its final slash */
    char date[MANIFEST_DATE_MAX];
    uint64_t objects;
    uint64_t bytes;
    uint8_t sha256[SHA256_SIZE]; /* of the concatenation in raw key order */
};

/* Fills a head from a checked dataset. `bucket` may be NULL. */
void manifest_head_init(struct manifest_head *h, const struct dataset *d, const char *bucket);

struct manifest_writer;

/* Starts a manifest at `path`, or in an unnamed temporary file when `path` is NULL. */
enum status manifest_writer_new(const char *path, const struct manifest_head *head,
                                struct manifest_writer **out, struct error *err) MUST_USE;
enum status manifest_write_object(struct manifest_writer *w, const struct manifest_object *o,
                                  struct error *err) MUST_USE;
enum status manifest_write_partition(struct manifest_writer *w, const struct manifest_partition *p,
                                     struct error *err) MUST_USE;
/* Writes what is buffered; with a path, gives the manifest its name. */
enum status manifest_writer_commit(struct manifest_writer *w, struct error *err) MUST_USE;
/* After a commit without a path: the file's descriptor (the writer's) and size, to be sent on. */
int manifest_writer_fd(const struct manifest_writer *w, uint64_t *size);
/* Without a commit before it, nothing is left behind. Accepts NULL. */
void manifest_writer_free(struct manifest_writer *w);

/* Called in file order; anything but STATUS_OK ends the reading with that error. */
struct manifest_visitor {
    void *ctx;
    enum status (*object)(void *ctx, const struct manifest_object *o,
                          struct error *err); /* may be NULL */
    enum status (*partition)(void *ctx, const struct manifest_partition *p,
                             struct error *err); /* may be NULL */
};
/* Reads a whole manifest; `head` (may be NULL) is filled before the first call. STATUS_IO when the
 * file cannot be read, STATUS_INVALID for what it says: "PATH:17: …". */
enum status manifest_read(const char *path, struct manifest_head *head,
                          const struct manifest_visitor *visitor, struct error *err) MUST_USE;

#endif
