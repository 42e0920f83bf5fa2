/* SPDX-License-Identifier: MIT */
/*
 * fuzz_date_format - a date format up to the first newline, and a text to be read in it. What a
 * clear format writes it reads back, and what it reads it would write.
 */
#include <string.h>

#include "lib/base/date.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX 1024

static void write_and_read(const char *format, enum date_step step, int64_t hours)
{
    const struct civil_hour h = {hours};
    struct date_fields fields;
    struct date_period period;
    struct buf text;
    size_t used;
    buf_init(&text, 4 * DATE_FORMAT_MAX);
    date_format_append(&text, format, h);
    FUZZ_MUST(buf_status(&text, "a date", NULL) == STATUS_OK);
    if (date_format_check_clear(format, NULL) == STATUS_OK) {
        FUZZ_MUST(date_format_scan(format, text.data, &fields, &used));
        FUZZ_MUST(used == text.len);
        if (date_format_check_complete(format, NULL) == STATUS_OK) {
            FUZZ_MUST(date_fields_period(&fields, &period));
            FUZZ_MUST(period.first.hours == date_step_floor(step, h).hours);
            FUZZ_MUST(period.next.hours == date_step_next(step, h).hours);
        }
    }
    buf_release(&text);
}

static void read_and_write(const char *format, const char *text)
{
    struct date_fields fields;
    struct date_period period;
    struct buf again;
    size_t used;
    if (date_format_check_clear(format, NULL) != STATUS_OK ||
        date_format_check_complete(format, NULL) != STATUS_OK ||
        !date_format_scan(format, text, &fields, &used))
        return;
    FUZZ_MUST(used <= strlen(text));
    if (!date_fields_period(&fields, &period))
        return;
    buf_init(&again, 4 * DATE_FORMAT_MAX);
    date_format_append(&again, format, period.first);
    FUZZ_MUST(again.len == used && memcmp(again.data, text, used) == 0);
    buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char format[INPUT_MAX + 1];
    enum date_step step;
    if (size > INPUT_MAX)
        return 0;
    memcpy(format, data, size);
    format[size] = '\0';
    char *text = strchr(format, '\n');
    if (text != NULL)
        *text++ = '\0';
    struct civil_hour parsed;
    (void)(date_parse(format, &parsed, NULL) == STATUS_OK);
    if (date_format_check(format, &step, NULL) != STATUS_OK)
        return 0;
    /* Between 1969 and 2068, so that two digits of a year tell it. */
    write_and_read(format, step, 0);
    write_and_read(format, step, 473352);
    write_and_read(format, step, 859007);
    if (text != NULL)
        read_and_write(format, text);
    return 0;
}
