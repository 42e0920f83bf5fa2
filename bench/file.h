/* SPDX-License-Identifier: MIT */
/* file - whole small files of a run's directory. */
#ifndef KIT_BENCH_FILE_H
#define KIT_BENCH_FILE_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define FILE_PATH_MAX 4096

/* Writes under a temporary name and renames: a reader sees the old file or the whole new one. */
enum status file_write(const char *directory, const char *name, const struct buf *content,
                       struct error *err) MUST_USE;
/* Appends the whole file, up to the buf's ceiling. */
enum status file_read(const char *path, struct buf *out, struct error *err) MUST_USE;
/* Makes a directory and those above it that are missing. */
enum status file_make_directory(const char *path, struct error *err) MUST_USE;
/* Joins with a slash; STATUS_LIMIT when it does not fit FILE_PATH_MAX. */
enum status file_path(char out[FILE_PATH_MAX], const char *directory, const char *name,
                      struct error *err) MUST_USE;

#endif
