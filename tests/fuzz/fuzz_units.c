/* SPDX-License-Identifier: MIT */
/* fuzz_units - sizes, durations and whole numbers. Whatever is accepted is within its bounds, and
 * what was not is left alone. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/units.h"
#include "tests/fuzz/fuzz.h"

#define TEXT_MAX  256
#define UNTOUCHED 77

static void check_size(const char *text)
{
    uint64_t bytes = UNTOUCHED;
    struct buf b;
    if (size_parse(text, &bytes, NULL) != STATUS_OK) {
        FUZZ_MUST(bytes == UNTOUCHED);
        return;
    }
    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "%" PRIu64, bytes);
    uint64_t again = 0;
    FUZZ_MUST(size_parse(b.data, &again, NULL) == STATUS_OK && again == bytes);
    buf_reset(&b);
    size_append(&b, bytes);
    count_append(&b, bytes);
    FUZZ_MUST(buf_status(&b, "a size", NULL) == STATUS_OK);
    buf_release(&b);
}

static void check_duration(const char *text)
{
    int64_t ms = UNTOUCHED;
    if (duration_parse(text, &ms, NULL) == STATUS_OK)
        FUZZ_MUST(ms >= 0);
    else
        FUZZ_MUST(ms == UNTOUCHED);
}

static void check_numbers(const char *text)
{
    uint64_t u = UNTOUCHED;
    int64_t i = UNTOUCHED;
    if (uint_parse(text, 3, 1000, &u, NULL) == STATUS_OK)
        FUZZ_MUST(u >= 3 && u <= 1000);
    else
        FUZZ_MUST(u == UNTOUCHED);
    if (int_parse(text, -1000, 3, &i, NULL) == STATUS_OK)
        FUZZ_MUST(i >= -1000 && i <= 3);
    else
        FUZZ_MUST(i == UNTOUCHED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];
    if (size > TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check_size(text);
    check_duration(text);
    check_numbers(text);
    return 0;
}
