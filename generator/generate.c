/* SPDX-License-Identifier: MIT */
/* generate - see generate.h. */
#include "generator/generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/rows.h"
#include "lib/base/hash.h"

struct run {
    const struct generate *g;
    struct rows rows;
    struct dataset_order order;
    struct hash *file_hash; /* NULL unless wanted */
    struct hash *date_hash; /* of the date's concatenation; NULL without a manifest */
    struct buf key;
    struct buf name;
    struct manifest_object object; /* date and rows are set once a period */
    struct manifest_partition partition;
};

enum status generate_check(const struct dataset *d, struct error *err)
{
    if (rows_size_max(d) <= GENERATE_FILE_MAX)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "rows: at most %" PRIu64 " fit into one file of 1 GiB",
                     GENERATE_FILE_MAX / (rows_size_max(d) / d->rows));
}

static enum status period_begin(struct run *run, const struct dataset_period *p, struct error *err)
{
    const struct dataset *d = run->g->dataset;
    struct buf text;
    buf_init(&text, sizeof run->partition.partition - 1);
    dataset_append_partition(d, p->date, &text);
    enum status status = buf_status(&text, "partition", err);
    if (status == STATUS_OK) {
        run->partition = (struct manifest_partition){.objects = p->count};
        memcpy(run->partition.partition, text.data, text.len + 1);
        buf_reset(&text);
        date_append_iso(&text, p->date, dataset_has_hours(d));
        status = buf_status(&text, "date", err);
    }
    if (status == STATUS_OK) {
        snprintf(run->partition.date, sizeof run->partition.date, "%s", text.data);
        run->object = (struct manifest_object){.rows = d->rows};
        memcpy(run->object.date, run->partition.date, sizeof run->object.date);
        status = rows_set_date(&run->rows, p->date, err);
    }
    if (run->date_hash)
        hash_restart(run->date_hash);
    buf_release(&text);
    return status;
}

static enum status period_end(struct run *run, struct error *err)
{
    if (!run->g->manifest)
        return STATUS_OK;
    hash_finish(run->date_hash, run->partition.sha256);
    return manifest_write_partition(run->g->manifest, &run->partition, err);
}

/* Each byte is hashed at most twice: for its file and for its date. */
static enum status note_content(struct run *run, const char *data, size_t size, struct error *err)
{
    struct manifest_object *o = &run->object;
    if (run->file_hash) {
        hash_restart(run->file_hash);
        hash_update(run->file_hash, data, size);
        hash_finish(run->file_hash, o->sha256);
    }
    if (!run->g->manifest)
        return STATUS_OK;
    hash_update(run->date_hash, data, size);
    run->partition.bytes += size;
    o->size = size;
    memcpy(o->key, run->key.data, run->key.len + 1);
    return manifest_write_object(run->g->manifest, o, err);
}

static enum status generate_file(struct run *run, uint64_t index, struct error *err)
{
    struct sink *sink = run->g->sink;
    buf_reset(&run->name);
    buf_reset(&run->key);
    dataset_append_name(index, &run->name);
    buf_append_str(&run->key, run->partition.partition);
    buf_append_str(&run->key, run->name.data);
    char *memory = NULL;
    enum status status = buf_status(&run->key, "key", err);
    if (status == STATUS_OK)
        status = sink->acquire(sink, &memory, err);
    if (status != STATUS_OK)
        return status;
    size_t size = rows_render(&run->rows, index, memory);
    status = note_content(run, memory, size, err);
    if (status != STATUS_OK)
        return status;
    const struct generated_file file = {.key = run->key.data,
                                        .partition = run->partition.partition,
                                        .name = run->name.data,
                                        .data = memory,
                                        .size = size,
                                        .sha256 = run->file_hash ? run->object.sha256 : NULL};
    return sink->put(sink, &file, err);
}

static enum status generate_period(struct run *run, const struct dataset_period *p,
                                   struct error *err)
{
    const struct generate *g = run->g;
    enum status status = period_begin(run, p, err);
    for (uint64_t i = 0; i < p->count && status == STATUS_OK; i++) {
        if (g->cancelled())
            return error_set(err, STATUS_CANCELLED, "interrupted");
        status = generate_file(run, run->order.index[p->first + i], err);
        progress_update(g->progress, g->sink->objects, g->sink->bytes);
    }
    return status == STATUS_OK ? period_end(run, err) : status;
}

static enum status run_init(struct run *run, const struct generate *g, struct error *err)
{
    *run = (struct run){.g = g};
    buf_init(&run->key, DATASET_KEY_MAX);
    buf_init(&run->name, DATASET_KEY_MAX);
    rows_init(&run->rows, g->dataset);
    enum status status = STATUS_OK;
    if (g->manifest || g->sink->wants_sha256)
        status = hash_new(HASH_SHA256, &run->file_hash, err);
    if (g->manifest && status == STATUS_OK)
        status = hash_new(HASH_SHA256, &run->date_hash, err);
    return status == STATUS_OK ? dataset_order_init(&run->order, g->dataset, err) : status;
}

static void run_release(struct run *run)
{
    dataset_order_release(&run->order);
    hash_free(run->file_hash);
    hash_free(run->date_hash);
    buf_release(&run->key);
    buf_release(&run->name);
}

enum status generate_run(const struct generate *g, struct error *err)
{
    struct run run;
    enum status status = run_init(&run, g, err);
    for (size_t p = 0; p < run.order.period_count && status == STATUS_OK; p++)
        status = generate_period(&run, &run.order.periods[p], err);
    const enum status finished = g->sink->finish(g->sink, status == STATUS_OK ? err : NULL);
    if (status == STATUS_OK)
        status = finished;
    progress_update(g->progress, g->sink->objects, g->sink->bytes);
    run_release(&run);
    return status;
}

void sink_free(struct sink *s)
{
    if (s)
        s->free(s);
}

struct discard {
    struct sink sink; /* first: the callbacks find the rest through it */
    char memory[];
};

static enum status discard_acquire(struct sink *s, char **memory, struct error *err)
{
    (void)err;
    *memory = ((struct discard *)s)->memory;
    return STATUS_OK;
}

static enum status discard_put(struct sink *s, const struct generated_file *f, struct error *err)
{
    (void)err;
    s->objects++;
    s->bytes += f->size;
    return STATUS_OK;
}

static enum status discard_finish(struct sink *s, struct error *err)
{
    (void)s;
    (void)err;
    return STATUS_OK;
}

static void discard_free(struct sink *s)
{
    free(s);
}

enum status sink_discard_new(uint64_t file_size_max, struct sink **out, struct error *err)
{
    struct discard *made = malloc(sizeof *made + file_size_max);
    if (!made)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a file");
    made->sink = (struct sink){.acquire = discard_acquire,
                               .put = discard_put,
                               .finish = discard_finish,
                               .free = discard_free};
    *out = &made->sink;
    return STATUS_OK;
}
