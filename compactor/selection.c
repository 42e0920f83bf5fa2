/* SPDX-License-Identifier: MIT */
/* selection - dates to partitions. */
#include "compactor/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/selection_check.h"

#define ISO_DAY_LEN 10 /* "2024-01-14" */

/* ---- which dates ---- */

static enum status parse_bound(const char *option, const char *text, bool is_last,
                               struct civil_hour *out, struct error *err)
{
    if (text == NULL)
        return STATUS_OK;
    enum status status = date_parse(text, out, err);
    if (status != STATUS_OK) {
        error_prefix(err, "%s", option);
        return status;
    }
    if (is_last && strlen(text) == ISO_DAY_LEN)
        out->hours += 23; /* a day given without an hour is meant to its end */
    return STATUS_OK;
}

/* `first` and `last` hold what counts where no bound is given. */
static enum status range_from_options(const struct selection_options *o, struct civil_hour *first,
                                      struct civil_hour *last, struct error *err)
{
    if ((o->from == NULL) != (o->to == NULL) && !o->discover)
        return error_set(err, STATUS_INVALID, "--from and --to go together: give both dates");
    enum status status = parse_bound("--from", o->from, false, first, err);
    if (status == STATUS_OK)
        status = parse_bound("--to", o->to, true, last, err);
    if (status == STATUS_OK && o->from != NULL && o->to != NULL && last->hours < first->hours)
        status = error_set(err, STATUS_INVALID, "--to %s is before --from %s", o->to, o->from);
    return status;
}

static enum status count_steps(struct selection *s, struct civil_hour last, struct error *err)
{
    s->total = 0;
    for (struct civil_hour h = s->first; h.hours <= last.hours; h = date_step_next(s->step, h))
        if (++s->total * s->source_count > SELECTION_MAX)
            return error_set(err, STATUS_INVALID,
                             "the dates name more than %d partitions; give a shorter range",
                             SELECTION_MAX);
    return STATUS_OK;
}

static enum status select_range(struct selection *s, const struct selection_options *o,
                                struct error *err)
{
    const struct civil_hour today = civil_add_days(civil_hour_from_wall(o->now), 0);
    struct civil_hour first = civil_add_days(today, -(int64_t)o->days);
    struct civil_hour last = {today.hours - 1};
    enum status status = range_from_options(o, &first, &last, err);
    if (status != STATUS_OK)
        return status;
    s->first = date_step_floor(s->step, first);
    if (last.hours >= first.hours)
        status = count_steps(s, last, err);
    return status == STATUS_OK ? selection_check(s, err) : status;
}

/* The period that is still filling is left out, whatever the bounds say. */
static enum status select_bounds(struct selection *s, const struct selection_options *o,
                                 struct error *err)
{
    const struct civil_hour now = civil_hour_from_wall(o->now);
    const struct civil_hour current = date_step_floor(s->step, now);
    struct civil_hour first = civil_to_hour((struct civil){1, 1, 1, 0});
    struct civil_hour last = {current.hours - 1};
    if (!o->any_days)
        first = civil_add_days(now, -(int64_t)o->days);
    enum status status = date_format_check_complete(s->date_format, err);
    if (status != STATUS_OK) {
        error_prefix(err, "--discover");
        return status;
    }
    status = range_from_options(o, &first, &last, err);
    if (last.hours >= current.hours)
        last.hours = current.hours - 1;
    s->bounds = (struct date_period){date_step_floor(s->step, first), {last.hours + 1}};
    return status;
}

/* Two dates must never share a prefix; what follows the date in a key decides where it ends. */
static enum status check_format(struct selection *s, const char *format, struct error *err)
{
    char in_key[DATE_FORMAT_MAX + 2];
    const size_t len = strlen(format);
    if (len > DATE_FORMAT_MAX)
        return error_set(err, STATUS_INVALID, "--date-format is longer than %d bytes",
                         DATE_FORMAT_MAX);
    memcpy(s->date_format, format, len + 1);
    enum status status = date_format_check(s->date_format, &s->step, err);
    if (status != STATUS_OK)
        return status;
    snprintf(in_key, sizeof in_key, "%s%s", format, s->match == MATCH_PARTITION ? "/" : "");
    return date_format_check_clear(in_key, err);
}

/* "%Y-%m-%d" ends in a number of its own, which a further digit would make another; "%Y%m%d" is a
 * row of digits that more may follow, and "%Y-%m-%d-" says itself what follows. */
static bool ends_in_a_number(const char *format)
{
    const char *last = strrchr(format, '%');
    if (last == NULL || (last > format && last[-1] == '%'))
        return false;
    const size_t field_len = last[1] == '-' ? 3 : 2;
    if (last[field_len] != '\0')
        return false;
    /* A field right before it: "%m" or "%-m". */
    const bool joined = (last - format >= 2 && last[-2] == '%') ||
                        (last - format >= 3 && last[-3] == '%' && last[-2] == '-');
    return !joined;
}

static struct selection selection_of(const struct selection_options *o)
{
    struct selection s = {.source_count = o->source_count,
                          .destination = o->destination,
                          .match = o->match,
                          .part_index = o->part_index,
                          .part_count = o->part_count,
                          .discover = o->discover};
    for (unsigned i = 0; i < o->source_count; i++)
        s.sources[i] = o->sources[i];
    return s;
}

enum status selection_init(struct selection *s, const struct selection_options *o,
                           struct error *err)
{
    struct selection made = selection_of(o);
    enum status status = check_format(&made, o->date_format, err);
    if (status != STATUS_OK)
        return status;
    made.digits_end = made.match == MATCH_PREFIX && ends_in_a_number(made.date_format);
    status = o->discover ? select_bounds(&made, o, err) : select_range(&made, o, err);
    if (status == STATUS_OK)
        *s = made;
    return status;
}

enum status selection_init_single(struct selection *s, const struct selection_options *o,
                                  struct error *err)
{
    struct selection made = selection_of(o);
    made.single = true;
    made.discover = false;
    made.total = made.part_count = 1;
    made.part_index = 0;
    size_t len = strlen(made.destination.key);
    while (len > 0 && made.destination.key[len - 1] == '/')
        made.destination.key[--len] = '\0';
    if (len == 0)
        return error_set(err, STATUS_INVALID,
                         "the destination names a bucket only; give the partition's directory, "
                         "such as s3://%s/2024/01/14/",
                         made.destination.bucket);
    for (unsigned i = 0; i < made.source_count; i++)
        if (made.sources[i].key[0] == '\0')
            return error_set(err, STATUS_INVALID,
                             "the source names a bucket only; give the partition's prefix, such as "
                             "s3://%s/2024/01/14/",
                             made.sources[i].bucket);
    enum status status = selection_check(&made, err);
    if (status == STATUS_OK)
        *s = made;
    return status;
}

void selection_release(struct selection *s)
{
    free(s->dates);
    s->dates = NULL;
}

/* Counts steps from a fixed one, so that a date's share does not hang on which others were found. */
static uint64_t step_number(const struct selection *s, struct civil_hour h)
{
    const struct civil c = civil_from_hour(h);
    const int64_t hours = h.hours - civil_to_hour((struct civil){1, 1, 1, 0}).hours;
    switch (s->step) {
    case DATE_STEP_HOUR:
        return (uint64_t)hours;
    case DATE_STEP_DAY:
        return (uint64_t)(hours / 24);
    case DATE_STEP_MONTH:
        return (uint64_t)(12 * c.year + c.month - 1);
    case DATE_STEP_YEAR:
        break;
    }
    return (uint64_t)c.year;
}

enum status selection_set_dates(struct selection *s, struct civil_hour *dates, size_t count,
                                struct error *err)
{
    free(s->dates);
    s->dates = dates;
    s->total = count;
    if (count * s->source_count > SELECTION_MAX)
        return error_set(err, STATUS_INVALID,
                         "there are more than %d partitions; bound them with --from and --to",
                         SELECTION_MAX);
    enum status status = selection_check(s, err);
    uint64_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (step_number(s, dates[i]) % s->part_count == s->part_index)
            dates[kept++] = dates[i];
    s->total = kept;
    return status;
}

uint64_t selection_count(const struct selection *s)
{
    if (s->dates != NULL)
        return s->total;
    if (s->total <= s->part_index)
        return 0;
    return (s->total - s->part_index + s->part_count - 1) / s->part_count;
}

/* ---- their names ---- */

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

static void write_label(const struct selection *s, struct civil_hour h, struct partition_name *out)
{
    static const size_t label_len[] = {[DATE_STEP_HOUR] = 13,
                                       [DATE_STEP_DAY] = ISO_DAY_LEN,
                                       [DATE_STEP_MONTH] = 7,
                                       [DATE_STEP_YEAR] = 4};
    struct buf text;
    buf_init(&text, sizeof out->date);
    date_append_iso(&text, h, true);
    const size_t len = label_len[s->step];
    if (text.len >= len) {
        memcpy(out->date, text.data, len);
        out->date[len] = '\0';
    }
    buf_release(&text);
}

static enum status write_date(const struct selection *s, struct civil_hour h,
                              struct partition_name *out, struct error *err)
{
    struct buf text;
    buf_init(&text, DATE_TEXT_MAX);
    date_format_append(&text, s->date_format, h);
    enum status status = buf_status(&text, "a partition's name", err);
    if (status == STATUS_OK)
        memcpy(out->date_text, text.data, text.len + 1);
    buf_release(&text);
    return status;
}

static enum status check_lengths(const struct selection *s, const struct partition_name *name,
                                 struct error *err)
{
    const size_t date_len = strlen(name->date_text);
    size_t longest = strlen(s->destination.key);
    for (unsigned i = 0; i < s->source_count; i++)
        if (strlen(s->sources[i].key) + 1 > longest)
            longest = strlen(s->sources[i].key) + 1; /* with its slash */
    if (longest + date_len > S3_KEY_MAX)
        return error_set(err, STATUS_LIMIT, "the prefix of %s would exceed %d bytes", name->date,
                         S3_KEY_MAX);
    return STATUS_OK;
}

enum status selection_get(const struct selection *s, uint64_t index, struct partition_name *out,
                          struct error *err)
{
    memset(out, 0, sizeof *out);
    if (!s->single) {
        const struct civil_hour h =
            s->dates != NULL ? s->dates[index] : step_at(s, index * s->part_count + s->part_index);
        write_label(s, h, out);
        enum status status = write_date(s, h, out, err);
        if (status == STATUS_OK)
            status = check_lengths(s, out, err);
        if (status != STATUS_OK)
            return status;
    }
    selection_prefix(s, out, 0, out->source_prefix);
    const size_t len = strlen(s->destination.key);
    memcpy(out->destination_dir, s->destination.key, len);
    memcpy(out->destination_dir + len, out->date_text, strlen(out->date_text) + 1);
    return STATUS_OK;
}

void selection_prefix(const struct selection *s, const struct partition_name *name, unsigned source,
                      char out[S3_KEY_MAX + 1])
{
    const char *key = s->sources[source].key;
    const size_t key_len = strlen(key);
    const size_t date_len = strlen(name->date_text);
    memcpy(out, key, key_len);
    memcpy(out + key_len, name->date_text, date_len);
    const bool slash = !s->single && s->match == MATCH_PARTITION;
    memcpy(out + key_len + date_len, slash ? "/" : "", slash ? 2 : 1);
}

enum status selection_check_key(const struct selection *s, const struct partition_name *name,
                                const char *prefix, const char *key, struct error *err)
{
    const char next = s->digits_end ? key[strlen(prefix)] : '\0';
    if (next < '0' || next > '9')
        return STATUS_OK;
    return error_set(err, STATUS_INVALID,
                     "\"%s\" goes on with a digit after the date, so it may not be of %s; add to "
                     "--date-format what follows the date in the keys, such as \"%s-\"",
                     key, name->date, s->date_format);
}
