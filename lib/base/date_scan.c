/* SPDX-License-Identifier: MIT */
/* date_scan - texts read back in a date format. */
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/date_field.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum status date_format_check_clear(const char *format, struct error *err)
{
    const char *p = format;
    while ((p = strchr(p, '%')) != NULL) {
        const struct date_field field = date_field_at(++p);
        p += field.len;
        if (field.name == '%' || field.padded)
            continue;
        if (*p == '\0' || is_digit(*p) || (*p == '%' && p[1] != '%'))
            return error_set(err, STATUS_INVALID,
                             "date format \"%s\": %%-%c has no fixed width and nothing after it "
                             "that ends it, so that \"1\" also begins \"11\"; use %%%c",
                             format, field.name, field.name);
    }
    return STATUS_OK;
}

enum status date_format_check_complete(const char *format, struct error *err)
{
    bool has[128] = {false};
    enum date_step step;
    enum status status = date_format_check(format, &step, err);
    if (status != STATUS_OK)
        return status;
    for (const char *p = format; (p = strchr(p, '%')) != NULL;) {
        const struct date_field field = date_field_at(++p);
        has[(unsigned char)field.name & 127] = true;
        p += field.len;
    }
    const char *missing = NULL;
    if (!has['Y'] && !has['y'])
        missing = "a year (%Y)";
    else if (step <= DATE_STEP_MONTH && !has['m'] && !has['j'])
        missing = "a month (%m)";
    else if (step <= DATE_STEP_DAY && !has['d'] && !has['j'])
        missing = "a day (%d)";
    return missing == NULL
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, "date format \"%s\" lacks %s", format, missing);
}

/* The digits of one field at `text`: exactly `width` of them, or up to `width` without padding. */
static size_t scan_number(const char *text, const struct date_field *field, int *out)
{
    int value = 0;
    size_t n = 0;
    while (n < field->width && is_digit(text[n]))
        value = 10 * value + (text[n++] - '0');
    if (n == 0 || (field->padded && n < field->width) || (!field->padded && n > 1 && *text == '0'))
        return 0;
    *out = value;
    return n;
}

/* A field that the format names twice must say the same both times. */
static bool set_field(int *field, int value)
{
    if (*field != DATE_FIELD_ABSENT && *field != value)
        return false;
    *field = value;
    return true;
}

static bool take_field(struct date_fields *fields, char name, int value)
{
    switch (name) {
    case 'Y':
        return value >= 1 && set_field(&fields->year, value);
    case 'y': /* POSIX: 69 to 99 are of the last century */
        return set_field(&fields->year, value + (value < 69 ? 2000 : 1900));
    case 'm':
        return value >= 1 && value <= 12 && set_field(&fields->month, value);
    case 'd':
        return value >= 1 && value <= 31 && set_field(&fields->day, value);
    case 'j':
        return value >= 1 && value <= 366 && set_field(&fields->day_of_year, value);
    default:
        return value <= 23 && set_field(&fields->hour, value);
    }
}

bool date_format_scan(const char *format, const char *text, struct date_fields *out, size_t *used)
{
    struct date_fields fields = {DATE_FIELD_ABSENT, DATE_FIELD_ABSENT, DATE_FIELD_ABSENT,
                                 DATE_FIELD_ABSENT, DATE_FIELD_ABSENT};
    const char *at = text;
    while (*format != '\0') {
        const struct date_field field =
            *format == '%' ? date_field_at(format + 1) : (struct date_field){.name = '\0'};
        if (field.name == '\0' || field.name == '%') { /* a literal */
            if (*at != *format)
                return false;
            at++;
            format += 1 + field.len;
            continue;
        }
        int value;
        const size_t digits = scan_number(at, &field, &value);
        if (digits == 0 || !take_field(&fields, field.name, value))
            return false;
        at += digits;
        format += 1 + field.len;
    }
    *out = fields;
    *used = (size_t)(at - text);
    return true;
}

/* The first hour of what the fields name; the year is there. */
static bool fields_first(const struct date_fields *f, struct civil_hour *out)
{
    struct civil c = {f->year, 1, 1, f->hour == DATE_FIELD_ABSENT ? 0 : f->hour};
    if (f->month != DATE_FIELD_ABSENT)
        c.month = f->month;
    if (f->day != DATE_FIELD_ABSENT)
        c.day = f->day;
    if (!civil_is_valid(c))
        return false;
    *out = civil_to_hour(c);
    if (f->day_of_year == DATE_FIELD_ABSENT)
        return true;
    const struct civil_hour new_year = civil_to_hour((struct civil){f->year, 1, 1, 0});
    *out = civil_add_days(new_year, f->day_of_year - 1);
    out->hours += c.hour;
    const struct civil named = civil_from_hour(*out);
    return named.year == f->year && (f->month == DATE_FIELD_ABSENT || f->month == named.month) &&
           (f->day == DATE_FIELD_ABSENT || f->day == named.day);
}

bool date_fields_period(const struct date_fields *f, struct date_period *out)
{
    enum date_step step = DATE_STEP_YEAR;
    struct civil_hour first;
    if (f->year == DATE_FIELD_ABSENT || !fields_first(f, &first))
        return false;
    const bool has_day = f->day_of_year != DATE_FIELD_ABSENT ||
                         (f->month != DATE_FIELD_ABSENT && f->day != DATE_FIELD_ABSENT);
    if (has_day)
        step = f->hour != DATE_FIELD_ABSENT ? DATE_STEP_HOUR : DATE_STEP_DAY;
    else if (f->month != DATE_FIELD_ABSENT)
        step = DATE_STEP_MONTH;
    first = date_step_floor(step, first);
    *out = (struct date_period){first, date_step_next(step, first)};
    return true;
}
