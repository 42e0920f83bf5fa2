/* SPDX-License-Identifier: MIT */
/* date_text - time stamps as HTTP, S3's XML and SigV4 write them; see date.h. */
#include "lib/base/date.h"

#include <string.h>

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const day_names[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};

/* A date with its time of day, as the texts spell it. */
struct stamp {
    struct civil civil;
    int minute;
    int second;
};

static struct stamp stamp_from_unix(int64_t unix_s)
{
    int64_t hours = unix_s / 3600 - (unix_s % 3600 < 0);
    int rest = (int)(unix_s - hours * 3600);
    return (struct stamp){
        .civil = civil_from_hour((struct civil_hour){hours}),
        .minute = rest / 60,
        .second = rest % 60,
    };
}

static bool stamp_is_valid(const struct stamp *s, int second_max)
{
    return civil_is_valid(s->civil) && s->minute <= 59 && s->second <= second_max;
}

static int64_t stamp_to_unix(const struct stamp *s)
{
    return civil_to_hour(s->civil).hours * 3600 + s->minute * 60 + s->second;
}

/* Each of these moves *p on past what it read, or returns false. */
static bool read_digits(const char **p, int count, int *out)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        value = value * 10 + (**p - '0');
    }
    *out = value;
    return true;
}

static bool read_literal(const char **p, const char *text)
{
    size_t len = strlen(text);
    if (strncmp(*p, text, len) != 0)
        return false;
    *p += len;
    return true;
}

static bool read_name(const char **p, const char *const *names, int count, int *index)
{
    for (int i = 0; i < count; i++) {
        if (read_literal(p, names[i])) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool read_date(const char **p, const char *separator, struct civil *c)
{
    return read_digits(p, 4, &c->year) && read_literal(p, separator) &&
           read_digits(p, 2, &c->month) && read_literal(p, separator) && read_digits(p, 2, &c->day);
}

static bool read_time(const char **p, const char *separator, struct stamp *s)
{
    return read_digits(p, 2, &s->civil.hour) && read_literal(p, separator) &&
           read_digits(p, 2, &s->minute) && read_literal(p, separator) &&
           read_digits(p, 2, &s->second);
}

/* An optional "." and digits, which are dropped. */
static bool skip_fraction(const char **p)
{
    if (**p != '.')
        return true;
    (*p)++;
    size_t digits = strspn(*p, "0123456789");
    *p += digits;
    return digits > 0;
}

enum status date_parse(const char *text, struct civil_hour *out, struct error *err)
{
    const char *p = text;
    struct civil c = {0};
    bool ok =
        read_date(&p, "-", &c) && (*p == '\0' || (*p++ == 'T' && read_digits(&p, 2, &c.hour)));
    if (!ok || *p != '\0')
        return error_set(err, STATUS_INVALID,
                         "\"%.64s\" is not a date (expected YYYY-MM-DD or YYYY-MM-DDTHH)", text);
    if (!civil_is_valid(c))
        return error_set(err, STATUS_INVALID, "\"%.64s\" is not in the calendar", text);
    *out = civil_to_hour(c);
    return STATUS_OK;
}

void date_append_iso(struct buf *b, struct civil_hour h, bool with_hour)
{
    const struct civil c = civil_from_hour(h);
    buf_printf(b, "%04d-%02d-%02d", c.year, c.month, c.day);
    if (with_hour)
        buf_printf(b, "T%02d", c.hour);
}

enum status date_parse_http(const char *text, int64_t *unix_s, struct error *err)
{
    const char *p = text;
    struct stamp s = {0};
    int weekday, month;
    bool ok = read_name(&p, day_names, 7, &weekday) && read_literal(&p, ", ") &&
              read_digits(&p, 2, &s.civil.day) && read_literal(&p, " ") &&
              read_name(&p, month_names, 12, &month) && read_literal(&p, " ") &&
              read_digits(&p, 4, &s.civil.year) && read_literal(&p, " ") &&
              read_time(&p, ":", &s) && read_literal(&p, " GMT") && *p == '\0';
    s.civil.month = ok ? month + 1 : 0;
    if (!ok || !stamp_is_valid(&s, 60)) /* RFC 9110 5.6.7 allows leap seconds */
        return error_set(err, STATUS_INVALID, "\"%.64s\" is not an HTTP date", text);
    *unix_s = stamp_to_unix(&s);
    return STATUS_OK;
}

enum status date_parse_iso8601(const char *text, int64_t *unix_s, struct error *err)
{
    const char *p = text;
    struct stamp s = {0};
    bool ok = read_date(&p, "-", &s.civil) && read_literal(&p, "T") && read_time(&p, ":", &s) &&
              skip_fraction(&p) && read_literal(&p, "Z") && *p == '\0';
    if (!ok || !stamp_is_valid(&s, 59))
        return error_set(err, STATUS_INVALID, "\"%.64s\" is not an ISO 8601 time in UTC", text);
    *unix_s = stamp_to_unix(&s);
    return STATUS_OK;
}

enum status date_parse_amz(const char *text, int64_t *unix_s, struct error *err)
{
    const char *p = text;
    struct stamp s = {0};
    bool ok = read_date(&p, "", &s.civil) && read_literal(&p, "T") && read_time(&p, "", &s) &&
              read_literal(&p, "Z") && *p == '\0';
    if (!ok || !stamp_is_valid(&s, 59))
        return error_set(err, STATUS_INVALID, "\"%.64s\" is not a time like 20130524T000000Z",
                         text);
    *unix_s = stamp_to_unix(&s);
    return STATUS_OK;
}

/* By hand because every request needs one, and every entry of a listing. */
static void put_digits(char *to, int width, int value)
{
    for (int i = width; i-- > 0; value /= 10)
        to[i] = (char)('0' + value % 10);
}

static void put_time(char *to, const struct stamp *s)
{
    put_digits(to, 2, s->civil.hour);
    put_digits(to + 3, 2, s->minute);
    put_digits(to + 6, 2, s->second);
}

void date_append_http(struct buf *b, int64_t unix_s)
{
    const struct stamp s = stamp_from_unix(unix_s);
    const int64_t days = unix_s / 86400 - (unix_s % 86400 < 0);
    char text[] = "Thu, 01 Jan 1970 00:00:00 GMT";
    memcpy(text, day_names[((days % 7) + 7) % 7], 3);
    put_digits(text + 5, 2, s.civil.day);
    memcpy(text + 8, month_names[s.civil.month - 1], 3);
    put_digits(text + 12, 4, s.civil.year);
    put_time(text + 17, &s);
    buf_append(b, text, sizeof text - 1);
}

void date_append_iso8601(struct buf *b, int64_t unix_s)
{
    const struct stamp s = stamp_from_unix(unix_s);
    char text[] = "1970-01-01T00:00:00.000Z";
    put_digits(text, 4, s.civil.year);
    put_digits(text + 5, 2, s.civil.month);
    put_digits(text + 8, 2, s.civil.day);
    put_time(text + 11, &s);
    buf_append(b, text, sizeof text - 1);
}

void date_format_amz(char out[17], int64_t unix_s)
{
    const struct stamp s = stamp_from_unix(unix_s);
    put_digits(out, 4, s.civil.year);
    put_digits(out + 4, 2, s.civil.month);
    put_digits(out + 6, 2, s.civil.day);
    out[8] = 'T';
    put_digits(out + 9, 2, s.civil.hour);
    put_digits(out + 11, 2, s.minute);
    put_digits(out + 13, 2, s.second);
    out[15] = 'Z';
    out[16] = '\0';
}
