/* SPDX-License-Identifier: MIT */
/*
 * rows - the content of a file, rendered from ready-made fragments.
 *
 * A row has seven fields, each drawn uniformly and independently:
 *
 *     first_name   John Jane Bob Alice                  last_name  Smith Johnson Brown Davis
 *     age          18 to 65                             city       New York, Los Angeles, Chicago, Houston
 *     address      123 Main St, 456 Oak Ave, 789 Pine Rd, 321 Elm St
 *     zip_code     10001 90001 60601 77001              source_date  the file's date, as its key has it
 *
 * The default is a JSON object a line. The reference shape is Python's repr of a dict a line, its
 * source_date with the final slash. Row r of file i needs one 64-bit draw, the r-th of a SplitMix64
 * stream that starts at the file's state; all arithmetic is on integers.
 *
 *     rows_init(&r, &dataset);
 *     rows_set_date(&r, date);                    once per date
 *     size = rows_render(&r, index, memory);      memory of rows_size_max(&dataset) bytes
 */
#ifndef KIT_GENERATOR_ROWS_H
#define KIT_GENERATOR_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "generator/dataset.h"

#define ROWS_NAMES        16 /* first name x last name */
#define ROWS_PLACES       64 /* address x city x zip code */
#define ROWS_FRAGMENT_MAX (160 + DATASET_DATE_MAX)

struct rows_fragment {
    size_t len;
    char text[ROWS_FRAGMENT_MAX];
};

/* Visible so that it can live in its owner; the members are private. */
struct rows {
    const struct dataset *dataset;
    struct rows_fragment head[ROWS_NAMES];  /* up to the age */
    struct rows_fragment tail[ROWS_PLACES]; /* from after the age to the line's end */
};

/* `d` must have passed dataset_check and stay put. */
void rows_init(struct rows *r, const struct dataset *d);
/* Renders what depends on the date; must come before rows_render. */
enum status rows_set_date(struct rows *r, struct civil_hour date, struct error *err) MUST_USE;
/* Upper bound of a file's size in bytes. */
uint64_t rows_size_max(const struct dataset *d);
/* Mean size of a file in bytes, rounded: exact in expectation, for estimates. */
uint64_t rows_size_mean(const struct dataset *d);
/* Writes file `index` and returns its size; the file's date must be the one that was set. */
size_t rows_render(const struct rows *r, uint64_t index, char *out);

#endif
