/* SPDX-License-Identifier: MIT */
/*
 * fuzz - what every fuzz target is: one function, called with one input after another, that must
 * neither crash nor hang nor break what it asserts.
 *
 * A target is tests/fuzz/fuzz_NAME.c with its seeds in tests/fuzz/corpus/NAME/, named in
 * tests/fuzz/CMakeLists.txt. `./run fuzz` gives it to libFuzzer; `./run test` replays the seeds.
 */
#ifndef KIT_TESTS_FUZZ_H
#define KIT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libFuzzer fixes this name. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An assertion that no build leaves out. */
#define FUZZ_MUST(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
