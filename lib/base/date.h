/* SPDX-License-Identifier: MIT */
/*
 * date - proleptic Gregorian dates in UTC, and the date formats that name partitions.
 *
 * A `struct civil_hour` is a day and an hour counted from 1970-01-01T00Z, which is all that a
 * partition needs. Conversions are pure integer arithmetic (H. Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms": days_from_civil, civil_from_days); no libc time zone is consulted.
 *
 * A format accepts %Y %m %d %H %j %y %% and the unpadded %-m %-d %-H; anything else is refused.
 * Its step is its finest field: %H hours, %d and %j days, %m months, otherwise years.
 */
#ifndef KIT_BASE_DATE_H
#define KIT_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"

#define DATE_FORMAT_MAX 128 /* bytes of a format */

struct civil {
    int year;  /* 1..9999 */
    int month; /* 1..12 */
    int day;   /* 1..31 */
    int hour;  /* 0..23 */
};
struct civil_hour {
    int64_t hours; /* since 1970-01-01T00Z */
};

enum date_step { DATE_STEP_HOUR, DATE_STEP_DAY, DATE_STEP_MONTH, DATE_STEP_YEAR };

struct civil civil_from_hour(struct civil_hour h);
struct civil_hour civil_to_hour(struct civil c);
bool civil_is_valid(struct civil c);
struct civil_hour civil_hour_from_wall(struct wall t);
/* Start of the UTC day `days` days after the one that holds `h` (negative: before). */
struct civil_hour civil_add_days(struct civil_hour h, int64_t days);

/* Parses "YYYY-MM-DD" or "YYYY-MM-DDTHH" completely. */
enum status date_parse(const char *text, struct civil_hour *out, struct error *err) MUST_USE;
/* "2024-01-14", or "2024-01-14T05" with `with_hour`. */
void date_append_iso(struct buf *b, struct civil_hour h, bool with_hour);

/* RFC 9110 IMF-fixdate ("Fri, 24 May 2013 00:00:00 GMT") and the ISO form of S3's XML
 * ("2013-05-24T00:00:00.000Z", fraction optional) to Unix seconds. */
enum status date_parse_http(const char *text, int64_t *unix_s, struct error *err) MUST_USE;
enum status date_parse_iso8601(const char *text, int64_t *unix_s, struct error *err) MUST_USE;
void date_append_http(struct buf *b, int64_t unix_s);
/* "2013-05-24T00:00:00.000Z" */
void date_append_iso8601(struct buf *b, int64_t unix_s);
/* "20130524T000000Z", as SigV4 wants it; writes 16 bytes and a NUL. */
void date_format_amz(char out[17], int64_t unix_s);
/* The inverse, strict. */
enum status date_parse_amz(const char *text, int64_t *unix_s, struct error *err) MUST_USE;

/* Checks a format; STATUS_INVALID names the first thing that is not accepted. */
enum status date_format_check(const char *format, enum date_step *step, struct error *err) MUST_USE;
/* Appends `h` written in a checked format. */
void date_format_append(struct buf *b, const char *format, struct civil_hour h);
/* Whether a checked format can be told from what it writes: an unpadded field must be followed by
 * something other than a digit, or one date's text begins another's ("2024-1-1", "2024-1-11"). */
enum status date_format_check_clear(const char *format, struct error *err) MUST_USE;
/* Whether it names every field from the year to its step, so that a text gives one period. */
enum status date_format_check_complete(const char *format, struct error *err) MUST_USE;

#define DATE_FIELD_ABSENT (-1)
struct date_fields {
    int year;
    int month;
    int day;
    int day_of_year;
    int hour;
};
struct date_period {
    struct civil_hour first;
    struct civil_hour next; /* the first hour after it */
};
/* Reads the beginning of `text` as a clear format, which may be the first part of one; `used` are
 * the bytes that it took. */
bool date_format_scan(const char *format, const char *text, struct date_fields *out, size_t *used);
/* The period that fields name, as far as they go from the year down; false without a year and for
 * a date that does not exist. */
bool date_fields_period(const struct date_fields *f, struct date_period *out);

/* Rounds down to the start of its step; the start of the next step. */
struct civil_hour date_step_floor(enum date_step step, struct civil_hour h);
struct civil_hour date_step_next(enum date_step step, struct civil_hour h);

#endif
