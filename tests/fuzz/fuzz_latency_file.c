/* SPDX-License-Identifier: MIT */
/*
 * fuzz_latency_file - the file of --latency, and draws from what it describes: whatever it says, a
 * delay is not negative and has an end.
 */
#include <string.h>

#include "bench/server/latency_file.h"
#include "tests/fuzz/fuzz.h"

#define DRAWS        4
#define DELAY_MAX_NS (INT64_C(600) * 1000000000) /* as docs/faults.md has it */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct latency_profile profile;
    struct error err;
    if (latency_file_parse((const char *)data, size, &profile, &err) != STATUS_OK) {
        FUZZ_MUST(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
        return 0;
    }
    (void)latency_delays(&profile);
    for (enum latency_operation operation = 0; operation < LATENCY_OPERATIONS; operation++) {
        for (uint64_t seed = 0; seed < DRAWS; seed++) {
            const int64_t drawn =
                latency_draw_ns(&profile, seed, operation, "key", 3, 1, UINT64_C(1) << (seed * 10));
            FUZZ_MUST(drawn >= 0 && drawn <= DELAY_MAX_NS);
        }
    }
    return 0;
}
