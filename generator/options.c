/* SPDX-License-Identifier: MIT */
/* options - see options.h. */
#include "generator/options.h"

#include <stddef.h>
#include <string.h>

#include "generator/directory.h"
#include "generator/generate.h"
#include "lib/base/units.h"

#define AT(member) offsetof(struct generate_options, member)

static enum status parse_seed(void *field, const char *value, struct error *err)
{
    struct seed_option seed = {.given = true};
    enum status status = uint_parse(value, 0, DATASET_SEED_MAX, &seed.value, err);
    if (status == STATUS_OK)
        *(struct seed_option *)field = seed;
    return status;
}

static const struct cli_option option_table[] = {
    CLI_GROUP("What to generate"),
    {.type = CLI_TYPE_UINT,
     .short_name = 'r',
     .name = "rows",
     .alias = "rows_per_file",
     .value_name = "N",
     .offset = AT(rows),
     .min = 1,
     .max = DATASET_ROWS_MAX,
     .help = "rows of each file; 64 make about 10 KB"},
    CLI_UINT('f', "files", "N", AT(files), 1, DATASET_FILES_MAX, "number of files"),
    CLI_CALL(0, "seed", "N", AT(seed), parse_seed,
             "the same seed, rows and range give the same bytes (default random; it is printed)"),
    CLI_UINT(0, "days", "N", AT(days), 1, DATASET_DAYS_MAX,
             "spread the files over the N UTC days before today (default 30)"),
    CLI_STRING(0, "from", "DATE", AT(from), "first day of the range instead, as 2024-01-31"),
    CLI_STRING(0, "to", "DATE", AT(to), "last day of that range"),
    CLI_STRING(0, "date-format", "FORMAT", AT(date_format),
               "how keys and rows write a date (default %Y/%m/%d)"),
    CLI_FLAG(0, "reference", AT(reference),
             "Python dicts instead of JSON, over days 1 to 28 of every month of 2023"),
    CLI_GROUP("Where to put it"),
    {.type = CLI_TYPE_STRING,
     .short_name = 'b',
     .name = "bucket",
     .alias = "bucket_name",
     .value_name = "NAME",
     .offset = AT(bucket),
     .help = "the bucket to upload into"},
    CLI_STRING(0, "prefix", "PREFIX", AT(prefix),
               "what keys begin with, as logs/ (default nothing)"),
    CLI_FLAG(0, "create-bucket", AT(create_bucket), "create the bucket first, unless it is there"),
    CLI_STRING(0, "to-dir", "DIR", AT(to_dir), "write the same tree into a directory instead"),
    CLI_STRING(0, "manifest", "FILE|URI", AT(manifest),
               "record keys, sizes and SHA-256s, in a file or under an s3:// URI"),
    CLI_GROUP("How"),
    CLI_UINT('j', "concurrency", "N", AT(concurrency), 1, 1000,
             "uploads in flight at once (default 32)"),
    CLI_FLAG(0, "dry-run", AT(dry_run), "store nothing; a manifest FILE is written all the same"),
    CLI_FLAG(0, "yes", AT(yes), "go on when the estimated cost on AWS is above $1"),
    CLI_INCLUDE(connect_option_table, AT(connect)),
    CLI_INCLUDE(output_option_table, AT(output)),
    CLI_END,
};

const struct cli_verb generate_verb = {
    .synopsis = "-r ROWS -f FILES -b BUCKET [options]",
    .summary = "Fills a bucket with small date-partitioned objects.",
    .options = option_table,
    .details =
        "Keys are PREFIX + DATE/test_data_N.json, N from 0. A row is a JSON object with "
        "first_name, "
        "last_name, age, address, city, zip_code and source_date.\n"
        "\n"
        "Examples:\n"
        "  s3-generate -r 64 -f 10000 -b my-bucket --prefix in/ --manifest in.jsonl\n"
        "  s3-generate -r 64 -f 300 --seed 7 --from 2024-01-01 --to 2024-01-30 --to-dir tree\n"
        "\n"
        "Exit status: 0 done, 1 failed, 2 wrong usage, 130 or 143 interrupted.\n",
};

struct generate_options options_default(void)
{
    return (struct generate_options){.prefix = "", .concurrency = OPTIONS_CONCURRENCY_DEFAULT};
}

bool options_upload(const struct generate_options *o)
{
    return !o->dry_run && !o->to_dir;
}

static bool is_uri(const char *text)
{
    return text && strncmp(text, "s3://", strlen("s3://")) == 0;
}

bool options_manifest_uri(const struct generate_options *o, struct s3_uri *out)
{
    return is_uri(o->manifest) && s3_uri_parse(o->manifest, out, NULL) == STATUS_OK;
}

static enum status check_manifest(const struct generate_options *o, struct error *err)
{
    if (!is_uri(o->manifest))
        return STATUS_OK;
    if (!options_upload(o))
        return error_set(
            err, STATUS_INVALID,
            "--manifest s3://... goes with an upload; with --dry-run and --to-dir name "
            "a file");
    struct s3_uri uri;
    enum status status = s3_uri_parse(o->manifest, &uri, err);
    if (status != STATUS_OK) {
        error_prefix(err, "--manifest");
        return status;
    }
    if (uri.key[0] == '\0' || uri.key[strlen(uri.key) - 1] == '/')
        return error_set(err, STATUS_INVALID, "--manifest %s: the name of an object is missing",
                         o->manifest);
    return STATUS_OK;
}

static enum status check_dates(const struct generate_options *o, struct error *err)
{
    if (o->reference && (o->days || o->from || o->to || o->date_format))
        return error_set(err, STATUS_INVALID,
                         "--reference has its own dates: leave out --days, --from, --to and "
                         "--date-format");
    if (o->days && (o->from || o->to))
        return error_set(err, STATUS_INVALID, "give either --days or --from and --to");
    if (!o->from != !o->to)
        return error_set(err, STATUS_INVALID, "--from and --to go together");
    return STATUS_OK;
}

enum status options_check(const struct generate_options *o, struct error *err)
{
    if (o->rows == 0)
        return error_set(err, STATUS_INVALID, "-r ROWS is missing: how many rows a file has");
    if (o->files == 0)
        return error_set(err, STATUS_INVALID, "-f FILES is missing: how many files to make");
    if (!o->bucket && options_upload(o))
        return error_set(err, STATUS_INVALID,
                         "-b BUCKET is missing (or --to-dir DIR to write into a directory)");
    enum status status = STATUS_OK;
    if (o->bucket)
        status = s3_bucket_name_check(o->bucket, err);
    if (status == STATUS_OK && o->create_bucket && !options_upload(o))
        status = error_set(err, STATUS_INVALID, "--create-bucket goes with an upload");
    if (status == STATUS_OK && o->to_dir)
        status = directory_prefix_check(o->prefix, err);
    if (status == STATUS_OK)
        status = check_dates(o, err);
    return status == STATUS_OK ? check_manifest(o, err) : status;
}

static enum status resolve_range(const struct generate_options *o, struct wall now,
                                 struct dataset *d, struct error *err)
{
    if (!o->from) {
        struct civil_hour today = civil_hour_from_wall(now);
        int64_t days = o->days ? (int64_t)o->days : OPTIONS_DAYS_DEFAULT;
        d->from = civil_add_days(today, -days);
        d->to = civil_add_days(today, -1);
        return STATUS_OK;
    }
    enum status status = date_parse(o->from, &d->from, err);
    if (status != STATUS_OK) {
        error_prefix(err, "--from");
        return status;
    }
    status = date_parse(o->to, &d->to, err);
    if (status != STATUS_OK)
        error_prefix(err, "--to");
    return status;
}

enum status options_dataset(const struct generate_options *o, struct wall now, struct dataset *out,
                            struct error *err)
{
    struct dataset d = {.seed = o->seed.value,
                        .files = o->files,
                        .rows = o->rows,
                        .prefix = o->prefix,
                        .date_format = o->date_format ? o->date_format : DATASET_DATE_FORMAT};
    enum status status = STATUS_OK;
    if (o->reference)
        dataset_make_reference(&d);
    else
        status = resolve_range(o, now, &d, err);
    if (status == STATUS_OK)
        status = dataset_check(&d, err);
    if (status == STATUS_OK)
        status = generate_check(&d, err);
    if (status == STATUS_OK)
        *out = d;
    return status;
}
