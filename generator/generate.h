/* SPDX-License-Identifier: MIT */
/*
 * generate - the run: every file of a dataset, in the order (date, key), rendered into the memory
 * of a sink, hashed where somebody wants it, and handed over; the manifest written on the way.
 *
 * A sink decides where files go (upload.h, directory.h, or nowhere: sink_discard_new). It owns the
 * memory that files are rendered into, so nothing is copied: acquire gives it, put takes it back.
 *
 * Threads: one.
 */
#ifndef KIT_GENERATOR_GENERATE_H
#define KIT_GENERATOR_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generator/dataset.h"
#include "generator/manifest.h"
#include "lib/base/error.h"
#include "lib/tool/progress.h"

#define GENERATE_FILE_MAX (UINT64_C(1) << 30) /* bytes of one file: it is held in memory */

struct generated_file {
    const char *key; /* partition and name in one; the strings are valid during the call */
    const char *partition;
    const char *name;
    const char *data; /* the memory that acquire gave */
    size_t size;
    const uint8_t *sha256; /* NULL unless wanted */
};

struct sink {
    bool wants_sha256;
    uint64_t objects; /* stored so far */
    uint64_t bytes;
    /* Memory for one file; may wait for some to become free. */
    enum status (*acquire)(struct sink *s, char **memory, struct error *err);
    enum status (*put)(struct sink *s, const struct generated_file *f, struct error *err);
    /* Returns when everything that was put is stored. Called once, also after an error: then it
     * returns when nothing more will be, or was waited for in vain. */
    enum status (*finish)(struct sink *s, struct error *err);
    void (*free)(struct sink *s);
};
void sink_free(struct sink *s); /* accepts NULL */
/* Renders and forgets: for manifests without files, and to learn sizes. */
enum status sink_discard_new(uint64_t file_size_max, struct sink **out, struct error *err) MUST_USE;

struct generate {
    const struct dataset *dataset;
    struct sink *sink;
    struct manifest_writer *manifest; /* NULL: none is wanted */
    struct progress *progress;        /* NULL: none */
    bool (*cancelled)(void);
};
/* STATUS_INVALID when a file would not fit into memory. Part of checking the usage. */
enum status generate_check(const struct dataset *d, struct error *err) MUST_USE;
/* STATUS_CANCELLED when `cancelled` said so. Does not commit the manifest. */
enum status generate_run(const struct generate *g, struct error *err) MUST_USE;

#endif
