/* SPDX-License-Identifier: MIT */
/* file - see file.h. */
#include "bench/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES 65536

enum status file_path(char out[FILE_PATH_MAX], const char *directory, const char *name,
                      struct error *err)
{
    char path[FILE_PATH_MAX];
    const int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return error_set(err, STATUS_LIMIT, "the path %.200s... is too long", directory);
    memcpy(out, path, (size_t)n + 1);
    return STATUS_OK;
}

enum status file_write(const char *directory, const char *name, const struct buf *content,
                       struct error *err)
{
    char path[FILE_PATH_MAX];
    char temporary[FILE_PATH_MAX + 8];
    enum status status = buf_status(content, name, err);
    if (status == STATUS_OK)
        status = file_path(path, directory, name, err);
    if (status != STATUS_OK)
        return status;
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *file = fopen(temporary, "we");
    if (file == NULL)
        return error_set(err, STATUS_IO, "cannot write %s: %s", temporary, strerror(errno));
    const bool written = fwrite(content->data, 1, content->len, file) == content->len;
    const bool closed = fclose(file) == 0; /* a full disk may show only here */
    if (!written || !closed || rename(temporary, path) != 0) {
        const int reason = errno;
        unlink(temporary);
        return error_set(err, STATUS_IO, "cannot write %s: %s", path, strerror(reason));
    }
    return STATUS_OK;
}

enum status file_read(const char *path, struct buf *out, struct error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "cannot read %s: %s",
                         path, strerror(errno));
    char *room;
    size_t n = 0;
    do {
        room = buf_reserve(out, CHUNK_BYTES);
        n = room == NULL ? 0 : fread(room, 1, CHUNK_BYTES, file);
        buf_commit(out, n);
    } while (n > 0);
    enum status status = buf_status(out, path, err);
    if (status == STATUS_OK && ferror(file) != 0)
        status = error_set(err, STATUS_IO, "cannot read %s: %s", path, strerror(errno));
    fclose(file);
    return status;
}

enum status file_make_directory(const char *path, struct error *err)
{
    char made[FILE_PATH_MAX];
    const size_t len = strlen(path);
    if (len == 0 || len >= sizeof made)
        return error_set(err, STATUS_INVALID, "\"%.200s\" is no path for a directory", path);
    memcpy(made, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (made[i] != '/' && made[i] != '\0')
            continue;
        made[i] = '\0';
        if (mkdir(made, 0777) != 0 && errno != EEXIST)
            return error_set(err, STATUS_IO, "cannot make the directory %s: %s", made,
                             strerror(errno));
        made[i] = path[i];
    }
    return STATUS_OK;
}
