/* SPDX-License-Identifier: MIT */
/*
 * format - files that cannot be joined by concatenation, known by their first bytes: Parquet, ORC
 * and Avro have an index or a header of their own, and two in a row are garbage. Pure.
 */
#ifndef KIT_COMPACTOR_FORMAT_H
#define KIT_COMPACTOR_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define FORMAT_LOOK_MAX 64 /* bytes of a source's beginning that are looked at */

/* "Parquet", "ORC", "Avro", or NULL for anything else. `data` is the beginning of a source. */
const char *format_container(const uint8_t *data, size_t len);
/* STATUS_INVALID for such a source. The text continues a sentence that begins with its name. */
enum status format_refuse(const uint8_t *data, size_t len, struct error *err) MUST_USE;

#endif
