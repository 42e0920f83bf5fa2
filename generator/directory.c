/* SPDX-License-Identifier: MIT */
/* directory - see directory.h. */
#include "generator/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct directory {
    struct sink sink; /* first: the callbacks find the rest through it */
    char *path;
    int root;
    int current; /* directory of `partition`, or -1 */
    char partition[DATASET_KEY_MAX + 1];
    char memory[];
};

enum status directory_prefix_check(const char *prefix, struct error *err)
{
    for (const char *segment = prefix; *segment;) {
        size_t len = strcspn(segment, "/");
        bool last = segment[len] == '\0'; /* what the date is appended to */
        if (!last && (len == 0 || (len <= 2 && strspn(segment, ".") >= len)))
            return error_set(err, STATUS_INVALID,
                             "prefix '%s' makes no plain path below a directory", prefix);
        segment += last ? len : len + 1;
    }
    return STATUS_OK;
}

static enum status directory_failed(const struct directory *d, const char *verb, const char *name,
                                    struct error *err)
{
    return error_set(err, STATUS_IO, "cannot %s %s/%s%s: %s", verb, d->path, d->partition, name,
                     strerror(errno));
}

/* Makes every directory of `path` below `root`, which ends in a slash. */
static int make_directories(int root, const char *path)
{
    char part[DATASET_KEY_MAX + 1];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdirat(root, part, 0777) != 0 && errno != EEXIST)
            return -1;
    }
    return 0;
}

/* Files come date after date, so the directory is looked up once a date and not once a file. */
static enum status enter(struct directory *d, const char *partition, struct error *err)
{
    if (d->current >= 0 && strcmp(d->partition, partition) == 0)
        return STATUS_OK;
    if (d->current >= 0)
        close(d->current);
    snprintf(d->partition, sizeof d->partition, "%s", partition);
    d->current = -1;
    if (make_directories(d->root, partition) != 0)
        return directory_failed(d, "make", "", err);
    d->current = openat(d->root, partition, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return d->current < 0 ? directory_failed(d, "open", "", err) : STATUS_OK;
}

static int write_all(int fd, const char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = write(fd, data + done, size - done);
        if (n < 0 && errno != EINTR)
            return -1;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static enum status directory_put(struct sink *s, const struct generated_file *f, struct error *err)
{
    struct directory *d = (struct directory *)s;
    enum status status = enter(d, f->partition, err);
    if (status != STATUS_OK)
        return status;
    int fd = openat(d->current, f->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return directory_failed(d, "create", f->name, err);
    if (write_all(fd, f->data, f->size) != 0)
        status = directory_failed(d, "write", f->name, err);
    if (close(fd) != 0 && status == STATUS_OK)
        status = directory_failed(d, "write", f->name, err);
    if (status != STATUS_OK) {
        unlinkat(d->current, f->name, 0);
        return status;
    }
    s->objects++;
    s->bytes += f->size;
    return STATUS_OK;
}

static enum status directory_acquire(struct sink *s, char **memory, struct error *err)
{
    (void)err;
    *memory = ((struct directory *)s)->memory;
    return STATUS_OK;
}

static enum status directory_finish(struct sink *s, struct error *err)
{
    (void)s;
    (void)err;
    return STATUS_OK;
}

static void directory_free(struct sink *s)
{
    struct directory *d = (struct directory *)s;
    if (d->current >= 0)
        close(d->current);
    if (d->root >= 0)
        close(d->root);
    free(d->path);
    free(d);
}

static enum status open_root(struct directory *d, const char *path, struct error *err)
{
    d->path = strdup(path);
    if (!d->path)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a path");
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return error_set(err, STATUS_IO, "cannot make %s: %s", path, strerror(errno));
    d->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->root < 0)
        return error_set(err, STATUS_IO, "cannot open %s: %s", path, strerror(errno));
    return STATUS_OK;
}

enum status sink_directory_new(const char *path, uint64_t file_size_max, struct sink **out,
                               struct error *err)
{
    struct directory *d = malloc(sizeof *d + file_size_max);
    if (!d)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a file");
    *d = (struct directory){.sink = {.acquire = directory_acquire,
                                     .put = directory_put,
                                     .finish = directory_finish,
                                     .free = directory_free},
                            .root = -1,
                            .current = -1};
    enum status status = open_root(d, path, err);
    if (status != STATUS_OK) {
        directory_free(&d->sink);
        return status;
    }
    *out = &d->sink;
    return STATUS_OK;
}
