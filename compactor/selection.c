/* SPDX-License-Identifier: MIT */
/* selection - dates to partitions. */
#include "compactor/selection.h"

#include <stdlib.h>
#include <string.h>

#define ISO_DAY_LEN 10 /* "2024-01-14" */

static enum status range_from_options(const struct selection_options *o, struct civil_hour *first,
                                      struct civil_hour *last, struct error *err)
{
    const struct civil_hour today = civil_add_days(civil_hour_from_wall(o->now), 0);
    if (o->from == NULL && o->to == NULL) {
        *first = civil_add_days(today, -(int64_t)o->days);
        *last = (struct civil_hour){today.hours - 1};
        return STATUS_OK;
    }
    if (o->from == NULL || o->to == NULL)
        return error_set(err, STATUS_INVALID, "--from and --to go together: give both dates");
    enum status status = date_parse(o->from, first, err);
    if (status != STATUS_OK) {
        error_prefix(err, "--from");
        return status;
    }
    status = date_parse(o->to, last, err);
    if (status != STATUS_OK) {
        error_prefix(err, "--to");
        return status;
    }
    if (strlen(o->to) == ISO_DAY_LEN)
        last->hours += 23; /* a day given without an hour is meant to its end */
    if (last->hours < first->hours)
        return error_set(err, STATUS_INVALID, "--to %s is before --from %s", o->to, o->from);
    return STATUS_OK;
}

static enum status count_steps(struct selection *s, struct civil_hour last, struct error *err)
{
    s->total = 0;
    for (struct civil_hour h = s->first; h.hours <= last.hours; h = date_step_next(s->step, h))
        if (++s->total > SELECTION_MAX)
            return error_set(err, STATUS_INVALID,
                             "the dates name more than %d partitions; give a shorter range",
                             SELECTION_MAX);
    return STATUS_OK;
}

/* Whether the output would be among its own sources. */
static bool output_is_under_source(const struct partition_name *name)
{
    char dir[S3_KEY_MAX + 2];
    const size_t len = strlen(name->destination_dir);
    memcpy(dir, name->destination_dir, len);
    memcpy(dir + len, "/", 2);
    return strncmp(dir, name->source_prefix, strlen(name->source_prefix)) == 0;
}

enum status selection_init_single(struct selection *s, const struct s3_uri *source,
                                  const struct s3_uri *destination, struct error *err)
{
    struct selection made = {.source = *source,
                             .destination = *destination,
                             .total = 1,
                             .part_count = 1,
                             .single = true};
    size_t len = strlen(made.destination.key);
    while (len > 0 && made.destination.key[len - 1] == '/')
        made.destination.key[--len] = '\0';
    if (len == 0)
        return error_set(err, STATUS_INVALID,
                         "the destination names a bucket only; give the partition's directory, "
                         "such as s3://%s/2024/01/14/",
                         destination->bucket);
    if (made.source.key[0] == '\0')
        return error_set(err, STATUS_INVALID,
                         "the source names a bucket only; give the partition's prefix, such as "
                         "s3://%s/2024/01/14/",
                         source->bucket);
    struct partition_name name;
    enum status status = selection_get(&made, 0, &name, err);
    if (status != STATUS_OK)
        return status;
    if (strcmp(source->bucket, destination->bucket) == 0 && output_is_under_source(&name))
        return error_set(err, STATUS_INVALID,
                         "the output would fall under its own source s3://%s/%s and be read by the "
                         "next run; choose a destination outside of it",
                         source->bucket, name.source_prefix);
    *s = made;
    return STATUS_OK;
}

uint64_t selection_count(const struct selection *s)
{
    if (s->total <= s->part_index)
        return 0;
    return (s->total - s->part_index + s->part_count - 1) / s->part_count;
}

/* The start of step `index`. Hours and days are counted, months and years walked. */
static struct civil_hour step_at(const struct selection *s, uint64_t index)
{
    if (s->step == DATE_STEP_HOUR)
        return (struct civil_hour){s->first.hours + (int64_t)index};
    if (s->step == DATE_STEP_DAY)
        return civil_add_days(s->first, (int64_t)index);
    struct civil c = civil_from_hour(s->first);
    const int64_t months = s->step == DATE_STEP_MONTH ? (int64_t)index : 12 * (int64_t)index;
    const int64_t month0 = c.month - 1 + months;
    c.year += (int)(month0 / 12);
    c.month = (int)(month0 % 12) + 1;
    c.day = 1;
    return civil_to_hour(c);
}

static enum status name_dates(const struct selection *s, struct civil_hour h,
                              struct partition_name *out, struct error *err)
{
    static const size_t label_len[] = {[DATE_STEP_HOUR] = 13,
                                       [DATE_STEP_DAY] = ISO_DAY_LEN,
                                       [DATE_STEP_MONTH] = 7,
                                       [DATE_STEP_YEAR] = 4};
    struct buf text;
    buf_init(&text, S3_KEY_MAX);
    date_append_iso(&text, h, true);
    const size_t label = label_len[s->step];
    if (text.len >= label) {
        memcpy(out->date, text.data, label);
        out->date[label] = '\0';
    }

    buf_reset(&text);
    date_format_append(&text, s->date_format, h);
    const size_t date_len = text.len;
    const size_t source_len = strlen(s->source.key);
    const size_t destination_len = strlen(s->destination.key);
    enum status status = buf_status(&text, "a partition's name", err);
    if (status == STATUS_OK &&
        (source_len + date_len + 1 > S3_KEY_MAX || destination_len + date_len > S3_KEY_MAX))
        status = error_set(err, STATUS_LIMIT, "the prefix of %s would exceed %d bytes", out->date,
                           S3_KEY_MAX);
    if (status == STATUS_OK) {
        memcpy(out->source_prefix, s->source.key, source_len);
        memcpy(out->source_prefix + source_len, text.data, date_len);
        memcpy(out->source_prefix + source_len + date_len, "/", 2);
        memcpy(out->destination_dir, s->destination.key, destination_len);
        memcpy(out->destination_dir + destination_len, text.data, date_len + 1);
    }
    buf_release(&text);
    return status;
}

enum status selection_get(const struct selection *s, uint64_t index, struct partition_name *out,
                          struct error *err)
{
    memset(out, 0, sizeof *out);
    if (!s->single)
        return name_dates(s, step_at(s, index * s->part_count + s->part_index), out, err);
    memcpy(out->source_prefix, s->source.key, sizeof out->source_prefix);
    memcpy(out->destination_dir, s->destination.key, sizeof out->destination_dir);
    return STATUS_OK;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The source prefixes of all steps, sorted; free with free_prefixes. */
static enum status collect_prefixes(const struct selection *whole, char ***out, struct error *err)
{
    char **prefixes = calloc(whole->total + 1, sizeof *prefixes);
    if (prefixes == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the partitions' names");
    *out = prefixes;
    for (uint64_t i = 0; i < whole->total; i++) {
        struct partition_name name;
        enum status status = selection_get(whole, i, &name, err);
        if (status != STATUS_OK)
            return status;
        prefixes[i] = strdup(name.source_prefix);
        if (prefixes[i] == NULL)
            return error_set(err, STATUS_NO_MEMORY, "out of memory for the partitions' names");
    }
    qsort(prefixes, whole->total, sizeof *prefixes, compare_strings);
    return STATUS_OK;
}

static void free_prefixes(char **prefixes)
{
    for (char **p = prefixes; p != NULL && *p != NULL; p++)
        free(*p);
    free(prefixes);
}

/* The selected source prefix that `dir` lies under, or NULL. A prefix ends in '/', so only the
 * cuts of `dir` + "/" behind a slash can be one. */
static const char *prefix_over(char **prefixes, uint64_t count, const char *dir)
{
    char path[S3_KEY_MAX + 2];
    const size_t len = strlen(dir);
    memcpy(path, dir, len);
    path[len] = '/';
    for (size_t i = 0; i <= len; i++) {
        if (path[i] != '/')
            continue;
        char cut[S3_KEY_MAX + 2];
        memcpy(cut, path, i + 1);
        cut[i + 1] = '\0';
        const char *key = cut;
        char **found = bsearch(&key, prefixes, count, sizeof *prefixes, compare_strings);
        if (found != NULL)
            return *found;
    }
    return NULL;
}

/* Refuses a selection in which any output would fall under any selected source. That is possible
 * only where one of the two prefixes continues the other. */
static enum status check_outputs(const struct selection *s, struct error *err)
{
    if (strcmp(s->source.bucket, s->destination.bucket) != 0)
        return STATUS_OK;
    if (!starts_with(s->source.key, s->destination.key) &&
        !starts_with(s->destination.key, s->source.key))
        return STATUS_OK;
    struct selection whole = *s;
    whole.part_index = 0;
    whole.part_count = 1;
    char **prefixes = NULL;
    enum status status = collect_prefixes(&whole, &prefixes, err);
    for (uint64_t i = 0; status == STATUS_OK && i < whole.total; i++) {
        struct partition_name name;
        status = selection_get(&whole, i, &name, err);
        const char *over =
            status == STATUS_OK ? prefix_over(prefixes, whole.total, name.destination_dir) : NULL;
        if (over != NULL)
            status = error_set(err, STATUS_INVALID,
                               "the output of %s would fall under the source partition s3://%s/%s "
                               "and be read by the next run; choose a destination outside of it",
                               name.date, s->source.bucket, over);
    }
    free_prefixes(prefixes);
    return status;
}

enum status selection_init(struct selection *s, const struct selection_options *o,
                           struct error *err)
{
    struct selection made = {.source = o->source,
                             .destination = o->destination,
                             .part_index = o->part_index,
                             .part_count = o->part_count};
    const size_t format_len = strlen(o->date_format);
    if (format_len > DATE_FORMAT_MAX)
        return error_set(err, STATUS_INVALID, "--date-format is longer than %d bytes",
                         DATE_FORMAT_MAX);
    memcpy(made.date_format, o->date_format, format_len + 1);
    enum status status = date_format_check(made.date_format, &made.step, err);
    if (status != STATUS_OK)
        return status;

    struct civil_hour first;
    struct civil_hour last;
    status = range_from_options(o, &first, &last, err);
    if (status != STATUS_OK)
        return status;
    made.first = date_step_floor(made.step, first);
    if (last.hours >= first.hours)
        status = count_steps(&made, last, err);
    if (status == STATUS_OK)
        status = check_outputs(&made, err);
    if (status == STATUS_OK)
        *s = made;
    return status;
}
