/* SPDX-License-Identifier: MIT */
/* wake_queue - whatever is added and removed, the first is the one that is due first. */
#include <stdlib.h>

#include "lib/base/rng.h"
#include "lib/s3/client_private.h"
#include "tests/support/unit.h"

#define COUNT 64
#define STEPS 20000

static int64_t earliest(const struct s3_request *all, const bool *queued)
{
    int64_t found = INT64_MAX;
    for (size_t i = 0; i < COUNT; i++) {
        if (queued[i] && all[i].wake.ns < found)
            found = all[i].wake.ns;
    }
    return found;
}

static void test_first_is_the_earliest(void **state)
{
    (void)state;
    struct wake_queue q = {0};
    struct rng rng;
    struct error err;
    bool queued[COUNT] = {false};
    struct s3_request *all = calloc(COUNT, sizeof *all);
    assert_non_null(all);
    rng_seed(&rng, 1);
    assert_ok(wake_queue_reserve(&q, COUNT, &err), &err);
    assert_null(wake_queue_first(&q));
    for (int step = 0; step < STEPS; step++) {
        size_t i = (size_t)rng_below(&rng, COUNT);
        if (queued[i]) {
            wake_queue_remove(&q, &all[i]);
        } else {
            all[i].wake.ns = (int64_t)rng_below(&rng, 1000);
            wake_queue_add(&q, &all[i]);
        }
        queued[i] = !queued[i];
        const struct s3_request *first = wake_queue_first(&q);
        assert_true((first ? first->wake.ns : INT64_MAX) == earliest(all, queued));
    }
    wake_queue_release(&q);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_is_the_earliest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
