/* SPDX-License-Identifier: MIT */
/* range - "bytes=0-9", "bytes=10-", "bytes=-5". */
#include "bench/server/range.h"

#include <stdbool.h>
#include <string.h>

/* Digits at *p; false when there are none or they are too many. */
static bool read_number(const char **p, uint64_t *out)
{
    const char *start = *p;
    uint64_t value = 0;
    for (; **p >= '0' && **p <= '9' && *p - start < 19; (*p)++)
        value = 10 * value + (uint64_t)(**p - '0');
    *out = value;
    return *p > start;
}

enum range_result range_parse(const char *text, uint64_t size, struct range *out)
{
    static const char unit[] = "bytes=";
    if (strncmp(text, unit, sizeof unit - 1) != 0)
        return RANGE_ALL;
    const char *p = text + sizeof unit - 1;
    uint64_t first, last;
    const bool has_first = read_number(&p, &first);
    if (*p++ != '-')
        return RANGE_ALL;
    const bool has_last = read_number(&p, &last);
    if (*p != '\0' || (!has_first && !has_last) || (has_first && has_last && last < first))
        return RANGE_ALL;
    if (!has_first) { /* the last so many bytes */
        if (last == 0)
            return RANGE_UNSATISFIABLE;
        if (size == 0)
            return RANGE_ALL;
        first = last < size ? size - last : 0;
        last = size - 1;
    } else if (first >= size) {
        return RANGE_UNSATISFIABLE;
    } else if (!has_last || last >= size) {
        last = size - 1;
    }
    *out = (struct range){.offset = first, .len = last - first + 1};
    return RANGE_PART;
}
