/* SPDX-License-Identifier: MIT */
/*
 * fuzz_fault_rules - the file of --faults, and what its rules match. What is read keeps the limits
 * that the rest of the server counts on; what is refused has an error text of one line.
 */
#include <string.h>

#include "bench/server/fault_rules.h"
#include "tests/fuzz/fuzz.h"

#define ATTEMPTS 3

static void match_all(const struct fault_rules *rules)
{
    static const char *const operations[] = {"GetObject", "PutObject", "ListObjectsV2"};
    struct fault_count *counts = calloc(fault_rules_count(rules) + 1, sizeof *counts);
    FUZZ_MUST(counts != NULL);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        for (unsigned attempt = 1; attempt <= ATTEMPTS; attempt++) {
            const struct fault_subject subject = {.operation = operations[i],
                                                  .bucket = "bucket",
                                                  .key = "a/b?c*[d]\\",
                                                  .access_key_id = "AKIAIOSFODNN7EXAMPLE",
                                                  .attempt = attempt,
                                                  .part_number = attempt,
                                                  .has_token = attempt > 1,
                                                  .seed = 1,
                                                  .identity = "key",
                                                  .identity_len = 3};
            (void)fault_rules_match(rules, counts, &subject, FAULT_PASS_EARLY);
            (void)fault_rules_match(rules, counts, &subject, FAULT_PASS_MAIN);
        }
    }
    for (size_t i = 0; i < fault_rules_count(rules); i++)
        FUZZ_MUST(counts[i].fired <= counts[i].seen);
    free(counts);
}

static void check_rule(const struct fault_rule *rule)
{
    FUZZ_MUST(strlen(rule->label) <= FAULT_NAME_MAX);
    FUZZ_MUST(rule->when.probability >= 0 && rule->when.probability <= 1);
    FUZZ_MUST(rule->then.status == 0 || (rule->then.status >= 100 && rule->then.status < 600));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault_rules *rules = NULL;
    struct error err;
    if (fault_rules_parse((const char *)data, size, &rules, &err) != STATUS_OK) {
        FUZZ_MUST(rules == NULL);
        FUZZ_MUST(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
        return 0;
    }
    for (size_t i = 0; i < fault_rules_count(rules); i++)
        check_rule(fault_rules_at(rules, i));
    match_all(rules);
    fault_rules_free(rules);
    return 0;
}
