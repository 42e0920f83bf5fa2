/* SPDX-License-Identifier: MIT */
/* opening - a destination's config and the partitions of its log. */
#include "compactor/safe/opening.h"

#include <stdlib.h>
#include <string.h>

#include "compactor/safe/ask.h"
#include "compactor/safe/config.h"
#include "compactor/safe/layout.h"
#include "lib/s3/list.h"

struct log_names {
    const struct selection *selection;
    size_t prefix_len; /* of the log's prefix in a key */
    char last[S3_KEY_MAX + 1];
    struct civil_hour *dates;
    size_t count;
    size_t room;
    struct ask ask;
};

static enum status add_date(struct log_names *n, struct civil_hour date, struct error *err)
{
    if (n->count == n->room) {
        const size_t room = n->room == 0 ? 64 : 2 * n->room;
        struct civil_hour *grown = realloc(n->dates, room * sizeof *grown);
        if (grown == NULL)
            return error_set(err, STATUS_NO_MEMORY, "out of memory for the log's partitions");
        n->dates = grown;
        n->room = room;
    }
    n->dates[n->count++] = date;
    return n->count <= SELECTION_MAX
               ? STATUS_OK
               : error_set(err, STATUS_LIMIT, "the log has more than %d partitions", SELECTION_MAX);
}

/* "2024/01/14/g00001.manifest.state": the partition is what comes before the last slash. */
static enum status on_record(void *ctx, const struct s3_list_entry *listed, struct error *err)
{
    struct log_names *n = ctx;
    struct date_fields fields;
    struct date_period period;
    char name[S3_KEY_MAX + 1];
    size_t used = 0;
    const char *rest = listed->key + n->prefix_len;
    const char *slash = strrchr(rest, '/');
    const size_t len = slash != NULL ? (size_t)(slash - rest) : 0;
    memcpy(name, rest, len);
    name[len] = '\0';
    if (strcmp(name, n->last) == 0)
        return STATUS_OK;
    memcpy(n->last, name, len + 1);
    if (!date_format_scan(n->selection->date_format, name, &fields, &used) || used != len ||
        !date_fields_period(&fields, &period))
        return error_set(err, STATUS_PROTOCOL, "\"%s\" in the log is no date in the format \"%s\"",
                         name, n->selection->date_format);
    return add_date(n, period.first, err);
}

static void on_page(void *ctx, enum status status, const struct error *error,
                    const struct s3_reply *reply)
{
    struct log_names *n = ctx;
    (void)reply;
    ask_set(&n->ask, status, error);
}

static int compare_dates(const void *a, const void *b)
{
    const struct civil_hour *x = a;
    const struct civil_hour *y = b;
    return (x->hours > y->hours) - (x->hours < y->hours);
}

static enum status list_dates(struct s3_client *client, struct selection *s, const char *log,
                              struct error *err)
{
    struct s3_lister lister;
    struct log_names names = {.selection = s, .prefix_len = strlen(log)};
    s3_lister_init(&lister, &(struct s3_list){.bucket = s->destination.bucket, .prefix = log});
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !lister.finished) {
        names.ask = (struct ask){0};
        status = s3_lister_next(&lister, client, on_record, on_page, &names, err);
        if (status == STATUS_OK)
            status = ask_wait(client, &names.ask, err);
    }
    if (status == STATUS_OK && names.count == 0)
        status = add_date(&names, (struct civil_hour){0}, err); /* not to be NULL */
    else if (status == STATUS_OK)
        qsort(names.dates, names.count, sizeof *names.dates, compare_dates);
    if (status != STATUS_OK) {
        free(names.dates);
        return status;
    }
    return selection_set_dates(s, names.dates, names.last[0] != '\0' ? names.count : 0, err);
}

static enum status select_all(struct s3_client *client, const struct config *config,
                              const struct s3_uri *destination, struct job *job, struct error *err)
{
    char log[S3_KEY_MAX + 1];
    struct selection_options options = {
        .source_count = 1,
        .destination = *destination,
        .date_format = config->date_format,
        .match = strcmp(config->match, "prefix") == 0 ? MATCH_PREFIX : MATCH_PARTITION,
        .discover = true,
        .any_days = true,
        .now = {job->now_unix_s * NS_PER_S},
        .part_count = 1};
    enum status status = s3_uri_parse(config->source, &options.sources[0], err);
    if (status == STATUS_OK && config->date_format[0] == '\0')
        return selection_init_single(&job->selection, &options, err);
    if (status == STATUS_OK)
        status = selection_init(&job->selection, &options, err);
    if (status == STATUS_OK)
        status = layout_log(destination->key, NULL, log, err);
    return status == STATUS_OK ? list_dates(client, &job->selection, log, err) : status;
}

enum status opening_read_log(struct s3_client *client, const struct s3_uri *destination,
                             struct job *job, struct error *err)
{
    struct config config;
    enum status status = config_load(client, destination->bucket, destination->key, &config, err);
    if (status == STATUS_NOT_FOUND)
        return error_set(err, STATUS_INVALID,
                         "s3://%s/%s is not kept by the crash-safe mode: it has no %sconfig%s",
                         destination->bucket, destination->key, LAYOUT_DIR, LAYOUT_STATE);
    if (status != STATUS_OK)
        return status;
    job->suffix_rule = strcmp(config.suffix, "first") == 0 ? SUFFIX_FIRST : SUFFIX_KNOWN;
    status = select_all(client, &config, destination, job, err);
    if (status != STATUS_OK)
        error_prefix(err, "config.state");
    return status;
}
