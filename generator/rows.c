/* SPDX-License-Identifier: MIT */
/* rows - see rows.h. */
#include "generator/rows.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/rng.h"

#define CHOICES  4 /* values of each text field */
#define AGE_MIN  18
#define AGE_SPAN 48 /* 18 to 65: always two digits */
/* SplitMix64's increment: draw r of a file is rng_mix(state + r * increment). */
#define STREAM_STEP UINT64_C(0x9e3779b97f4a7c15)

static const char *const first_names[CHOICES] = {"John", "Jane", "Bob", "Alice"};
static const char *const last_names[CHOICES] = {"Smith", "Johnson", "Brown", "Davis"};
static const char *const addresses[CHOICES] = {"123 Main St", "456 Oak Ave", "789 Pine Rd",
                                               "321 Elm St"};
static const char *const cities[CHOICES] = {"New York", "Los Angeles", "Chicago", "Houston"};
static const char *const zip_codes[CHOICES] = {"10001", "90001", "60601", "77001"};

static void head_render(struct rows_fragment *f, unsigned choice, char quote)
{
    const char *first = first_names[choice % CHOICES];
    const char *last = last_names[choice / CHOICES % CHOICES];
    char q = quote;
    int n = snprintf(f->text, sizeof f->text,
                     "{%cfirst_name%c: %c%s%c, %clast_name%c: %c%s%c, %cage%c: ", q, q, q, first, q,
                     q, q, q, last, q, q, q);
    assert(n > 0 && (size_t)n < sizeof f->text);
    f->len = (size_t)n;
}

static void tail_render(struct rows_fragment *f, unsigned choice, const char *date, char quote)
{
    const char *address = addresses[choice % CHOICES];
    const char *city = cities[choice / CHOICES % CHOICES];
    const char *zip_code = zip_codes[choice / (CHOICES * CHOICES) % CHOICES];
    char q = quote;
    int n = snprintf(f->text, sizeof f->text,
                     ", %caddress%c: %c%s%c, %ccity%c: %c%s%c, %czip_code%c: %c%s%c, "
                     "%csource_date%c: %c%s%c}\n",
                     q, q, q, address, q, q, q, q, city, q, q, q, q, zip_code, q, q, q, q, date, q);
    assert(n > 0 && (size_t)n < sizeof f->text);
    f->len = (size_t)n;
}

static char quote_of(const struct dataset *d)
{
    return d->reference ? '\'' : '"';
}

void rows_init(struct rows *r, const struct dataset *d)
{
    r->dataset = d;
    for (unsigned i = 0; i < ROWS_NAMES; i++)
        head_render(&r->head[i], i, quote_of(d));
    for (unsigned i = 0; i < ROWS_PLACES; i++)
        r->tail[i].len = 0; /* until a date is set */
}

enum status rows_set_date(struct rows *r, struct civil_hour date, struct error *err)
{
    struct buf text;
    buf_init(&text, DATASET_DATE_MAX);
    dataset_append_date(r->dataset, date, &text);
    if (r->dataset->reference)
        buf_append_char(&text, '/');
    enum status status = buf_status(&text, "date", err);
    for (unsigned i = 0; i < ROWS_PLACES && status == STATUS_OK; i++)
        tail_render(&r->tail[i], i, text.data, quote_of(r->dataset));
    buf_release(&text);
    return status;
}

/* Bytes of a row besides the six values: the same for every row of a dataset. */
static uint64_t row_frame_size(const struct dataset *d)
{
    static const char frame[] = "{'first_name': '', 'last_name': '', 'age': , 'address': '', "
                                "'city': '', 'zip_code': '', 'source_date': ''}\n";
    struct buf date;
    buf_init(&date, DATASET_DATE_MAX);
    dataset_append_date(d, d->to, &date);
    uint64_t size = sizeof frame - 1 + strlen("42") + date.len + (d->reference ? 1 : 0);
    buf_release(&date);
    return size;
}

uint64_t rows_size_max(const struct dataset *d)
{
    static const char longest[] = "Alice"
                                  "Johnson"
                                  "123 Main St"
                                  "Los Angeles"
                                  "10001";
    /* An unpadded field of another date may be a byte longer than that of the last one. */
    uint64_t slack = strlen(d->date_format) / 2;
    return d->rows * (row_frame_size(d) + sizeof longest - 1 + slack);
}

uint64_t rows_size_mean(const struct dataset *d)
{
    const char *const *const fields[] = {first_names, last_names, addresses, cities, zip_codes};
    uint64_t letters = 0;
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++)
        for (unsigned i = 0; i < CHOICES; i++)
            letters += strlen(fields[f][i]);
    return d->rows * row_frame_size(d) + d->rows * letters / CHOICES;
}

static char *append(char *to, const struct rows_fragment *f)
{
    memcpy(to, f->text, f->len);
    return to + f->len;
}

size_t rows_render(const struct rows *r, uint64_t index, char *out)
{
    uint64_t state = dataset_file_state(r->dataset, index);
    char *to = out;
    for (uint64_t row = 0; row < r->dataset->rows; row++) {
        /* The low bits choose texts, the upper half the age. */
        uint64_t draw = rng_mix(state + row * STREAM_STEP);
        unsigned age = AGE_MIN + (unsigned)(((draw >> 32) * AGE_SPAN) >> 32);
        to = append(to, &r->head[draw % ROWS_NAMES]);
        *to++ = (char)('0' + age / 10);
        *to++ = (char)('0' + age % 10);
        to = append(to, &r->tail[draw / ROWS_NAMES % ROWS_PLACES]);
    }
    return (size_t)(to - out);
}
