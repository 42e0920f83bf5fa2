/* SPDX-License-Identifier: MIT */
/* options - the command line of s3-generate, and what it means. Nothing here prints or exits. */
#ifndef KIT_GENERATOR_OPTIONS_H
#define KIT_GENERATOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "generator/dataset.h"
#include "lib/base/clock.h"
#include "lib/s3/uri.h"
#include "lib/tool/cli.h"
#include "lib/tool/connect.h"

#define OPTIONS_DAYS_DEFAULT        30
#define OPTIONS_CONCURRENCY_DEFAULT 32

struct seed_option {
    bool given;
    uint64_t value;
};

struct generate_options {
    uint64_t rows; /* 0: not given; so with the others below */
    uint64_t files;
    const char *bucket;
    const char *prefix;
    struct seed_option seed;
    uint64_t days;
    const char *from;
    const char *to;
    const char *date_format;
    bool reference;
    bool create_bucket;
    const char *to_dir;
    const char *manifest;
    uint64_t concurrency;
    bool dry_run;
    bool yes;
    struct connect_options connect;
    struct output_options output;
};

extern const struct cli_verb generate_verb; /* synopsis, option table, details of the help */

/* The defaults that cli_parse expects to find. */
struct generate_options options_default(void);
/* What the options contradict each other in, or lack. */
enum status options_check(const struct generate_options *o, struct error *err) MUST_USE;
/* The dataset, its range resolved against the UTC day of `now`, and checked. The strings are the
 * options'. The seed is taken as it stands: drawing one is the program's. */
enum status options_dataset(const struct generate_options *o, struct wall now, struct dataset *out,
                            struct error *err) MUST_USE;
bool options_upload(const struct generate_options *o); /* whether requests are sent at all */
/* Whether the manifest goes to S3; then where. Only after options_check. */
bool options_manifest_uri(const struct generate_options *o, struct s3_uri *out);

#endif
