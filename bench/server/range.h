/* SPDX-License-Identifier: MIT */
/*
 * range - the Range header of RFC 9110, as far as S3 has it: one range of bytes.
 */
#ifndef KIT_BENCH_SERVER_RANGE_H
#define KIT_BENCH_SERVER_RANGE_H

#include <stdint.h>

struct range {
    uint64_t offset;
    uint64_t len;
};
enum range_result {
    RANGE_ALL,           /* none, malformed or several: the whole object is sent */
    RANGE_PART,          /* 206 */
    RANGE_UNSATISFIABLE, /* 416 */
};

/* `text` is the header's value, "" when there is none. */
enum range_result range_parse(const char *text, uint64_t size, struct range *out);

#endif
