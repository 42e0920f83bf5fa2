/* SPDX-License-Identifier: MIT */
/* date - calendar arithmetic and partition formats; see date.h. Time stamps are in date_text.c. */
#include "lib/base/date.h"

#include <string.h>

#include "lib/base/date_field.h"

#define HOURS_PER_DAY 24
#define DAYS_PER_ERA  146097 /* 400 years */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Hinnant's days_from_civil: years begin in March, so that the leap day comes last. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - 719468;
}

/* Hinnant's civil_from_days. */
static struct civil civil_from_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, DAYS_PER_ERA);
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    return (struct civil){
        .year = (int)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
    };
}

struct civil civil_from_hour(struct civil_hour h)
{
    int64_t days = floor_div(h.hours, HOURS_PER_DAY);
    struct civil c = civil_from_days(days);
    c.hour = (int)(h.hours - days * HOURS_PER_DAY);
    return c;
}

struct civil_hour civil_to_hour(struct civil c)
{
    return (struct civil_hour){days_from_civil(c.year, c.month, c.day) * HOURS_PER_DAY + c.hour};
}

bool civil_is_valid(struct civil c)
{
    if (c.year < 1 || c.year > 9999 || c.month < 1 || c.month > 12 || c.hour < 0 || c.hour > 23)
        return false;
    int64_t next_month =
        c.month == 12 ? days_from_civil(c.year + 1, 1, 1) : days_from_civil(c.year, c.month + 1, 1);
    return c.day >= 1 && c.day <= next_month - days_from_civil(c.year, c.month, 1);
}

struct civil_hour civil_hour_from_wall(struct wall t)
{
    return (struct civil_hour){floor_div(wall_unix_s(t), 3600)};
}

struct civil_hour civil_add_days(struct civil_hour h, int64_t days)
{
    return (struct civil_hour){(floor_div(h.hours, HOURS_PER_DAY) + days) * HOURS_PER_DAY};
}

struct date_field date_field_at(const char *p)
{
    const bool padded = *p != '-';
    const char *known = padded ? "YmdHjy%" : "mdH";
    const char name = padded ? *p : p[1];
    if (name == '\0' || strchr(known, name) == NULL)
        return (struct date_field){.name = '\0'};
    return (struct date_field){
        .name = name,
        .len = padded ? 1 : 2,
        .padded = padded,
        .width = name == '%'   ? 0
                 : name == 'Y' ? 4
                 : name == 'j' ? 3
                               : 2,
    };
}

static enum date_step field_step(char field)
{
    switch (field) {
    case 'H':
        return DATE_STEP_HOUR;
    case 'd':
    case 'j':
        return DATE_STEP_DAY;
    case 'm':
        return DATE_STEP_MONTH;
    default:
        return DATE_STEP_YEAR;
    }
}

enum status date_format_check(const char *format, enum date_step *step, struct error *err)
{
    if (strlen(format) > DATE_FORMAT_MAX)
        return error_set(err, STATUS_INVALID, "date format is longer than %d bytes",
                         DATE_FORMAT_MAX);
    enum date_step finest = DATE_STEP_YEAR;
    for (const char *p = format; *p; p++) {
        if (*p != '%')
            continue;
        const struct date_field field = date_field_at(++p);
        if (field.name == '\0') {
            int shown = *p == '\0' ? 0 : *p == '-' && p[1] ? 2 : 1;
            return error_set(err, STATUS_INVALID,
                             "date format \"%s\": %%%.*s is not known (expected %%Y %%m %%d %%H "
                             "%%j %%y %%%% %%-m %%-d %%-H)",
                             format, shown, p);
        }
        if (field_step(field.name) < finest)
            finest = field_step(field.name);
        p += field.len - 1;
    }
    *step = finest;
    return STATUS_OK;
}

static void append_field(struct buf *b, char field, bool padded, struct civil c)
{
    const int width = padded ? 2 : 1;
    switch (field) {
    case 'Y':
        buf_printf(b, "%04d", c.year);
        break;
    case 'y':
        buf_printf(b, "%02d", c.year % 100);
        break;
    case 'm':
        buf_printf(b, "%0*d", width, c.month);
        break;
    case 'd':
        buf_printf(b, "%0*d", width, c.day);
        break;
    case 'H':
        buf_printf(b, "%0*d", width, c.hour);
        break;
    case 'j': {
        int64_t day = days_from_civil(c.year, c.month, c.day) - days_from_civil(c.year, 1, 1) + 1;
        buf_printf(b, "%03d", (int)day);
        break;
    }
    default:
        buf_append_char(b, field);
    }
}

void date_format_append(struct buf *b, const char *format, struct civil_hour h)
{
    const struct civil c = civil_from_hour(h);
    while (*format) {
        size_t literal = strcspn(format, "%");
        buf_append(b, format, literal);
        format += literal;
        if (*format == '\0')
            break;
        const struct date_field field = date_field_at(++format);
        if (field.name == '\0') /* not a checked format */
            break;
        append_field(b, field.name, field.padded, c);
        format += field.len;
    }
}

struct civil_hour date_step_floor(enum date_step step, struct civil_hour h)
{
    struct civil c = civil_from_hour(h);
    if (step >= DATE_STEP_DAY)
        c.hour = 0;
    if (step >= DATE_STEP_MONTH)
        c.day = 1;
    if (step >= DATE_STEP_YEAR)
        c.month = 1;
    return civil_to_hour(c);
}

struct civil_hour date_step_next(enum date_step step, struct civil_hour h)
{
    struct civil c = civil_from_hour(date_step_floor(step, h));
    switch (step) {
    case DATE_STEP_HOUR:
        return (struct civil_hour){h.hours + 1};
    case DATE_STEP_DAY:
        return civil_add_days(h, 1);
    case DATE_STEP_MONTH:
        c.year += c.month == 12;
        c.month = c.month % 12 + 1;
        return civil_to_hour(c);
    case DATE_STEP_YEAR:
        c.year++;
        return civil_to_hour(c);
    }
    return h;
}
