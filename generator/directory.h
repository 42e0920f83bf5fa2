/* SPDX-License-Identifier: MIT */
/*
 * directory - a sink that writes the tree of keys below a directory: one write a file.
 *
 * A file that could not be written whole is removed. Directories are made as needed, also the
 * topmost one.
 */
#ifndef KIT_GENERATOR_DIRECTORY_H
#define KIT_GENERATOR_DIRECTORY_H

#include "generator/generate.h"

/* STATUS_INVALID when keys with this prefix are not plain paths below a directory: "a//", "../". */
enum status directory_prefix_check(const char *prefix, struct error *err) MUST_USE;
enum status sink_directory_new(const char *path, uint64_t file_size_max, struct sink **out,
                               struct error *err) MUST_USE;

#endif
