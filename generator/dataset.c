/* SPDX-License-Identifier: MIT */
/* dataset - see dataset.h. */
#include "generator/dataset.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rng.h"

#define REFERENCE_YEAR           2023
#define REFERENCE_DAYS_PER_MONTH 28
#define HOURS_PER_DAY            24

/* Keeps the draw of a file's date apart from the draws of its rows. */
#define DATE_STREAM UINT64_C(0x9d5a1c6e0f2b8347)

void dataset_make_reference(struct dataset *d)
{
    d->reference = true;
    d->date_format = DATASET_DATE_FORMAT;
    d->from = civil_to_hour((struct civil){.year = REFERENCE_YEAR, .month = 1, .day = 1});
    d->to = civil_to_hour(
        (struct civil){.year = REFERENCE_YEAR, .month = 12, .day = REFERENCE_DAYS_PER_MONTH});
}

static enum date_step dataset_step(const struct dataset *d)
{
    enum date_step step = DATE_STEP_DAY;
    enum status status = date_format_check(d->date_format, &step, NULL);
    assert(status == STATUS_OK);
    (void)status;
    return step;
}

bool dataset_has_hours(const struct dataset *d)
{
    return dataset_step(d) == DATE_STEP_HOUR;
}

/*
 * A slot is what a file's date is drawn from: a day of the range, an hour of it where the format
 * has hours, one of the 336 days of the reference shape. Slots ascend in time.
 */
static uint64_t slot_count(const struct dataset *d)
{
    if (d->reference)
        return UINT64_C(12) * REFERENCE_DAYS_PER_MONTH;
    uint64_t hours = (uint64_t)(d->to.hours - d->from.hours) + HOURS_PER_DAY;
    return dataset_has_hours(d) ? hours : hours / HOURS_PER_DAY;
}

static struct civil_hour slot_date(const struct dataset *d, uint64_t slot)
{
    if (d->reference) {
        return civil_to_hour((struct civil){.year = REFERENCE_YEAR,
                                            .month = (int)(slot / REFERENCE_DAYS_PER_MONTH) + 1,
                                            .day = (int)(slot % REFERENCE_DAYS_PER_MONTH) + 1});
    }
    enum date_step step = dataset_step(d);
    uint64_t hours = step == DATE_STEP_HOUR ? slot : slot * HOURS_PER_DAY;
    return date_step_floor(step, (struct civil_hour){d->from.hours + (int64_t)hours});
}

uint64_t dataset_file_state(const struct dataset *d, uint64_t index)
{
    return rng_mix(rng_mix(d->seed) ^ index);
}

/* The multiply-shift of the upper 32 bits; with fewer than 2^20 slots its bias is below 1/4096. */
static uint64_t file_slot(const struct dataset *d, uint64_t index, uint64_t slots)
{
    uint64_t draw = rng_mix(dataset_file_state(d, index) ^ DATE_STREAM);
    return ((draw >> 32) * slots) >> 32;
}

struct civil_hour dataset_date(const struct dataset *d, uint64_t index)
{
    return slot_date(d, file_slot(d, index, slot_count(d)));
}

void dataset_append_date(const struct dataset *d, struct civil_hour date, struct buf *out)
{
    date_format_append(out, d->date_format, date);
}

void dataset_append_partition(const struct dataset *d, struct civil_hour date, struct buf *out)
{
    buf_append_str(out, d->prefix);
    dataset_append_date(d, date, out);
    buf_append_char(out, '/');
}

void dataset_append_name(uint64_t index, struct buf *out)
{
    buf_printf(out, "test_data_%" PRIu64 ".json", index);
}

void dataset_append_key(const struct dataset *d, uint64_t index, struct buf *out)
{
    dataset_append_partition(d, dataset_date(d, index), out);
    dataset_append_name(index, out);
}

/* The date stands in JSON strings, Python strings and keys: what would need escapes is refused. */
static enum status check_date_format(const char *format, struct error *err)
{
    size_t len = strlen(format);
    if (len == 0 || len >= DATE_FORMAT_MAX)
        return error_set(err, STATUS_INVALID, "date format: 1 to %d bytes are accepted",
                         DATE_FORMAT_MAX - 1);
    if (format[0] == '/' || format[len - 1] == '/')
        return error_set(err, STATUS_INVALID, "date format '%s' must not begin or end with a slash",
                         format);
    for (const char *p = format; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\'' || c == '\\')
            return error_set(err, STATUS_INVALID,
                             "date format: quotes, backslashes and bytes outside printable ASCII "
                             "are not accepted");
    }
    enum date_step step;
    return date_format_check(format, &step, err);
}

static enum status check_range(const struct dataset *d, struct error *err)
{
    if (d->from.hours % HOURS_PER_DAY != 0 || d->to.hours % HOURS_PER_DAY != 0)
        return error_set(err, STATUS_INVALID, "the date range is given in days, without hours");
    if (d->to.hours < d->from.hours)
        return error_set(err, STATUS_INVALID, "the date range ends before it begins");
    if ((d->to.hours - d->from.hours) / HOURS_PER_DAY >= DATASET_DAYS_MAX)
        return error_set(err, STATUS_INVALID, "the date range is longer than %u days",
                         DATASET_DAYS_MAX);
    return STATUS_OK;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Hashes the text of every date of the range into `hashes`, and finds equal ones. */
static enum status check_texts(const struct dataset *d, uint64_t *hashes, uint64_t slots,
                               struct error *err)
{
    struct buf text;
    buf_init(&text, DATASET_DATE_MAX);
    struct civil_hour previous = {INT64_MIN};
    size_t n = 0;
    for (uint64_t slot = 0; slot < slots; slot++) {
        struct civil_hour date = slot_date(d, slot);
        if (date.hours == previous.hours)
            continue;
        previous = date;
        buf_reset(&text);
        dataset_append_date(d, date, &text);
        hashes[n++] = rng_hash(0, text.data, text.len);
    }
    enum status status = buf_status(&text, "date", err);
    buf_release(&text);
    qsort(hashes, n, sizeof *hashes, compare_u64);
    for (size_t i = 1; i < n && status == STATUS_OK; i++)
        if (hashes[i] == hashes[i - 1])
            status = error_set(err, STATUS_INVALID,
                               "date format '%s' writes several dates of the range alike; add the "
                               "field that tells them apart",
                               d->date_format);
    return status;
}

/* Two dates in one partition would make the manifest's digests of neither of them right. */
static enum status check_distinct(const struct dataset *d, struct error *err)
{
    uint64_t slots = slot_count(d);
    uint64_t *hashes = malloc(slots * sizeof *hashes);
    if (!hashes)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the dates of the range");
    enum status status = check_texts(d, hashes, slots, err);
    free(hashes);
    return status;
}

/* Bytes of the UTF-8 sequence that begins here, or 0 when it is none (RFC 3629). */
static unsigned utf8_sequence(const unsigned char *p)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    /* Overlong forms, surrogates and what lies past U+10FFFF show in the second byte. */
    unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    unsigned len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    for (unsigned i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static bool is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p) {
        unsigned len = utf8_sequence(p);
        if (len == 0)
            return false;
        p += len;
    }
    return true;
}

static enum status check_prefix(const struct dataset *d, struct error *err)
{
    if (!is_utf8(d->prefix))
        return error_set(err, STATUS_INVALID, "the prefix is not UTF-8, which keys must be");
    struct buf key;
    buf_init(&key, DATASET_KEY_MAX);
    dataset_append_partition(d, d->to, &key);
    dataset_append_name(d->files - 1, &key);
    enum status status = buf_status(&key, "key", NULL);
    buf_release(&key);
    if (status == STATUS_LIMIT)
        return error_set(err, STATUS_INVALID, "the prefix makes keys longer than %d bytes",
                         DATASET_KEY_MAX);
    if (status != STATUS_OK)
        return error_set(err, status, "out of memory for a key");
    return STATUS_OK;
}

enum status dataset_check(const struct dataset *d, struct error *err)
{
    if (d->seed > DATASET_SEED_MAX)
        return error_set(err, STATUS_INVALID, "the seed is larger than 2^53 - 1");
    if (d->files == 0 || d->files > DATASET_FILES_MAX)
        return error_set(err, STATUS_INVALID, "files: 1 to %" PRIu64 " are accepted",
                         DATASET_FILES_MAX);
    if (d->rows == 0 || d->rows > DATASET_ROWS_MAX)
        return error_set(err, STATUS_INVALID, "rows: 1 to %" PRIu64 " are accepted",
                         DATASET_ROWS_MAX);
    enum status status = check_date_format(d->date_format, err);
    if (status == STATUS_OK)
        status = check_range(d, err);
    if (status == STATUS_OK)
        status = check_distinct(d, err);
    if (status == STATUS_OK)
        status = check_prefix(d, err);
    return status;
}

/* Numbers of [0, count) in the order of their decimal text, "0" first, then 1 10 100 ... 2. */
struct decimal_walk {
    uint64_t count;
    uint64_t next;
};

static uint64_t decimal_walk_next(struct decimal_walk *w)
{
    uint64_t current = w->next;
    uint64_t next = current;
    if (current == 0) {
        w->next = 1;
        return 0;
    }
    /* One digit deeper where that exists, otherwise the next sibling of the nearest ancestor. */
    if (next * 10 < w->count) {
        next *= 10;
    } else {
        while (next % 10 == 9 || next + 1 >= w->count)
            next /= 10;
        next++;
    }
    w->next = next;
    return current;
}

/* Which period each slot belongs to; returns how many there are. */
static size_t map_slots(const struct dataset *d, uint64_t slots, uint32_t *period_of_slot,
                        struct dataset_period *periods)
{
    size_t n = 0;
    for (uint64_t slot = 0; slot < slots; slot++) {
        struct civil_hour date = slot_date(d, slot);
        if (n == 0 || periods[n - 1].date.hours != date.hours)
            periods[n++] = (struct dataset_period){.date = date};
        period_of_slot[slot] = (uint32_t)(n - 1);
    }
    return n;
}

static size_t drop_empty(struct dataset_period *periods, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (periods[i].count > 0)
            periods[kept++] = periods[i];
    return kept;
}

/* A counting sort by period of the files in decimal order, so no keys are compared. */
static void order_fill(struct dataset_order *o, const struct dataset *d, uint64_t slots,
                       const uint32_t *period_of_slot)
{
    for (uint64_t i = 0; i < d->files; i++)
        o->periods[period_of_slot[file_slot(d, i, slots)]].count++;
    uint64_t first = 0;
    for (size_t p = 0; p < o->period_count; p++) {
        o->periods[p].first = first;
        first += o->periods[p].count;
        o->periods[p].count = 0;
    }
    struct decimal_walk walk = {.count = d->files};
    for (uint64_t i = 0; i < d->files; i++) {
        uint64_t file = decimal_walk_next(&walk);
        struct dataset_period *p = &o->periods[period_of_slot[file_slot(d, file, slots)]];
        o->index[p->first + p->count++] = (uint32_t)file;
    }
    o->period_count = drop_empty(o->periods, o->period_count);
}

enum status dataset_order_init(struct dataset_order *o, const struct dataset *d, struct error *err)
{
    uint64_t slots = slot_count(d);
    struct dataset_order made = {.count = d->files};
    uint32_t *period_of_slot = malloc(slots * sizeof *period_of_slot);
    made.periods = malloc(slots * sizeof *made.periods);
    made.index = malloc(d->files * sizeof *made.index);
    enum status status = STATUS_OK;
    if (!period_of_slot || !made.periods || !made.index) {
        dataset_order_release(&made);
        status = error_set(err, STATUS_NO_MEMORY,
                           "out of memory for the order of %" PRIu64 " files", d->files);
        goto out;
    }
    made.period_count = map_slots(d, slots, period_of_slot, made.periods);
    order_fill(&made, d, slots, period_of_slot);
    *o = made;
out:
    free(period_of_slot);
    return status;
}

void dataset_order_release(struct dataset_order *o)
{
    free(o->index);
    free(o->periods);
    *o = (struct dataset_order){0};
}
