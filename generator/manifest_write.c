/* SPDX-License-Identifier: MIT */
/* manifest_write - the writing half of manifest.h. */
#include "generator/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/tool/json.h"

#define PENDING_MAX (256u << 10) /* bytes gathered before they are written */

struct manifest_writer {
    char path[PATH_MAX];           /* where it ends up; "" for an unnamed file */
    char temporary[PATH_MAX + 32]; /* "" when written straight or unnamed */
    int fd;
    uint64_t written;
    struct buf pending;
};

void manifest_head_init(struct manifest_head *h, const struct dataset *d, const char *bucket)
{
    *h = (struct manifest_head){
        .algorithm = DATASET_ALGORITHM, .seed = d->seed, .rows = d->rows, .files = d->files};
    snprintf(h->format, sizeof h->format, "%s", d->reference ? "reference" : "ndjson");
    snprintf(h->date_format, sizeof h->date_format, "%s", d->date_format);
    snprintf(h->bucket, sizeof h->bucket, "%s", bucket ? bucket : "");
    snprintf(h->prefix, sizeof h->prefix, "%s", d->prefix);
    struct civil from = civil_from_hour(d->from);
    struct civil to = civil_from_hour(d->to);
    /* The remainder shows the compiler that four and two digits suffice. */
    snprintf(h->from, sizeof h->from, "%04u-%02u-%02u", (unsigned)from.year % 10000,
             (unsigned)from.month % 100, (unsigned)from.day % 100);
    snprintf(h->to, sizeof h->to, "%04u-%02u-%02u", (unsigned)to.year % 10000,
             (unsigned)to.month % 100, (unsigned)to.day % 100);
}

static enum status write_failed(const struct manifest_writer *w, struct error *err)
{
    return error_set(err, STATUS_IO, "cannot write the manifest%s%s: %s", w->path[0] ? " " : "",
                     w->path, strerror(errno));
}

static enum status manifest_flush(struct manifest_writer *w, struct error *err)
{
    enum status status = buf_status(&w->pending, "manifest", err);
    if (status != STATUS_OK)
        return status;
    size_t done = 0;
    while (done < w->pending.len) {
        ssize_t n = write(w->fd, w->pending.data + done, w->pending.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return write_failed(w, err);
        done += (size_t)n;
    }
    w->written += w->pending.len;
    buf_reset(&w->pending);
    return STATUS_OK;
}

static enum status open_unnamed(struct manifest_writer *w, struct error *err)
{
    char template[] = "/tmp/s3-generate.XXXXXX";
    w->fd = mkstemp(template);
    if (w->fd < 0)
        return write_failed(w, err);
    unlink(template);
    return STATUS_OK;
}

/* A pipe or a device is written straight: renaming over it would replace it. */
static enum status open_named(struct manifest_writer *w, const char *path, struct error *err)
{
    if (strlen(path) >= sizeof w->path)
        return error_set(err, STATUS_INVALID, "the manifest's path is too long");
    snprintf(w->path, sizeof w->path, "%s", path);
    struct stat there;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        w->fd = open(path, O_WRONLY | O_CLOEXEC);
        return w->fd < 0 ? write_failed(w, err) : STATUS_OK;
    }
    snprintf(w->temporary, sizeof w->temporary, "%s.%ld.tmp", path, (long)getpid());
    w->fd = open(w->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (w->fd < 0) {
        w->temporary[0] = '\0';
        return write_failed(w, err);
    }
    return STATUS_OK;
}

static void line_begin(struct manifest_writer *w, struct json *j)
{
    json_init(j, &w->pending, false);
    json_begin_object(j, NULL);
}

static enum status line_end(struct manifest_writer *w, struct json *j, struct error *err)
{
    json_end(j);
    buf_append_char(&w->pending, '\n');
    if (w->pending.len < PENDING_MAX - MANIFEST_LINE_MAX)
        return buf_status(&w->pending, "manifest", err);
    return manifest_flush(w, err);
}

static void write_sha256(struct json *j, const uint8_t sha256[SHA256_SIZE])
{
    char hex[SHA256_HEX_SIZE];
    hex_encode(sha256, SHA256_SIZE, hex);
    json_str(j, "sha256", hex);
}

static enum status write_head(struct manifest_writer *w, const struct manifest_head *h,
                              struct error *err)
{
    struct json j;
    line_begin(w, &j);
    json_str(&j, "schema", MANIFEST_SCHEMA);
    json_u64(&j, "algorithm", h->algorithm);
    json_str(&j, "format", h->format);
    json_u64(&j, "seed", h->seed);
    json_u64(&j, "rows", h->rows);
    json_u64(&j, "files", h->files);
    json_str(&j, "from", h->from);
    json_str(&j, "to", h->to);
    json_str(&j, "date_format", h->date_format);
    json_str(&j, "bucket", h->bucket);
    json_str(&j, "prefix", h->prefix);
    return line_end(w, &j, err);
}

enum status manifest_writer_new(const char *path, const struct manifest_head *head,
                                struct manifest_writer **out, struct error *err)
{
    struct manifest_writer *w = calloc(1, sizeof *w);
    if (!w)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the manifest");
    w->fd = -1;
    buf_init(&w->pending, PENDING_MAX);
    enum status status = path ? open_named(w, path, err) : open_unnamed(w, err);
    if (status == STATUS_OK)
        status = write_head(w, head, err);
    if (status != STATUS_OK) {
        manifest_writer_free(w);
        return status;
    }
    *out = w;
    return STATUS_OK;
}

enum status manifest_write_object(struct manifest_writer *w, const struct manifest_object *o,
                                  struct error *err)
{
    struct json j;
    line_begin(w, &j);
    json_str(&j, "key", o->key);
    json_u64(&j, "size", o->size);
    write_sha256(&j, o->sha256);
    json_u64(&j, "rows", o->rows);
    json_str(&j, "date", o->date);
    return line_end(w, &j, err);
}

enum status manifest_write_partition(struct manifest_writer *w, const struct manifest_partition *p,
                                     struct error *err)
{
    struct json j;
    line_begin(w, &j);
    json_str(&j, "partition", p->partition);
    json_str(&j, "date", p->date);
    json_u64(&j, "objects", p->objects);
    json_u64(&j, "bytes", p->bytes);
    write_sha256(&j, p->sha256);
    return line_end(w, &j, err);
}

enum status manifest_writer_commit(struct manifest_writer *w, struct error *err)
{
    enum status status = manifest_flush(w, err);
    if (status != STATUS_OK || !w->path[0])
        return status;
    /* Some file systems report a full disk only here. */
    int fd = w->fd;
    w->fd = -1;
    if (close(fd) != 0)
        return write_failed(w, err);
    if (w->temporary[0] && rename(w->temporary, w->path) != 0)
        return write_failed(w, err);
    w->temporary[0] = '\0';
    return STATUS_OK;
}

int manifest_writer_fd(const struct manifest_writer *w, uint64_t *size)
{
    *size = w->written;
    return w->fd;
}

void manifest_writer_free(struct manifest_writer *w)
{
    if (!w)
        return;
    if (w->fd >= 0)
        close(w->fd);
    if (w->temporary[0])
        unlink(w->temporary);
    buf_release(&w->pending);
    free(w);
}
