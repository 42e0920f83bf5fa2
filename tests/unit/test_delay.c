/* SPDX-License-Identifier: MIT */
/* The delay queue: everything is woken once, never early, and in the order in which it is due. */
#include <pthread.h>

#include "bench/server/delay.h"
#include "lib/base/rng.h"
#include "tests/support/unit.h"

#define ITEMS 2000

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t count;
    struct {
        int64_t due_ns;
        int64_t woken_ns;
    } woken[ITEMS]; /* in the order of waking */
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int forget(void **state)
{
    (void)state;
    seen.count = 0;
    return 0;
}

static void wake(void *item)
{
    pthread_mutex_lock(&seen.lock);
    assert_true(seen.count < ITEMS);
    seen.woken[seen.count].due_ns = *(int64_t *)item;
    seen.woken[seen.count++].woken_ns = clock_mono(clock_system()).ns;
    pthread_cond_signal(&seen.changed);
    pthread_mutex_unlock(&seen.lock);
}

static void await_count(size_t count)
{
    pthread_mutex_lock(&seen.lock);
    while (seen.count < count)
        pthread_cond_wait(&seen.changed, &seen.lock);
    pthread_mutex_unlock(&seen.lock);
}

static struct delay_queue *queue_new(void)
{
    struct delay_queue *q;
    struct error err;
    assert_ok(delay_queue_new(wake, &q, &err), &err);
    return q;
}

static void items_are_woken_in_the_order_they_are_due(void **state)
{
    (void)state;
    static int64_t due[ITEMS];
    struct delay_queue *q = queue_new();
    struct rng rng;
    rng_seed(&rng, 1);
    /* All are queued well before the first is due, so the order is the queue's alone. */
    const int64_t first = clock_mono(clock_system()).ns + 200 * NS_PER_MS;
    for (size_t i = 0; i < ITEMS; i++) {
        due[i] = first + (int64_t)rng_below(&rng, 50 * NS_PER_MS);
        assert_int_equal(delay_queue_add(q, (struct mono){due[i]}, &due[i]), 0);
    }
    await_count(ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_true(seen.woken[i].woken_ns >= seen.woken[i].due_ns);
        if (i > 0)
            assert_true(seen.woken[i].due_ns >= seen.woken[i - 1].due_ns);
    }
    delay_queue_free(q);
}

static void an_earlier_item_overtakes_a_waiting_one(void **state)
{
    (void)state;
    struct delay_queue *q = queue_new();
    const int64_t now = clock_mono(clock_system()).ns;
    int64_t late = now + 3600 * NS_PER_S, soon = now + 5 * NS_PER_MS, past = now - NS_PER_S;
    assert_int_equal(delay_queue_add(q, (struct mono){late}, &late), 0);
    assert_int_equal(delay_queue_add(q, (struct mono){soon}, &soon), 0);
    assert_int_equal(delay_queue_add(q, (struct mono){past}, &past), 0);
    await_count(2); /* would take an hour otherwise */
    delay_queue_free(q);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.woken[2].due_ns, late);
}

static void stopping_wakes_all_and_refuses_more(void **state)
{
    (void)state;
    static int64_t due[ITEMS];
    struct delay_queue *q = queue_new();
    for (size_t i = 0; i + 1 < ITEMS; i++) {
        due[i] = INT64_MAX - (int64_t)i;
        assert_int_equal(delay_queue_add(q, (struct mono){due[i]}, &due[i]), 0);
    }
    delay_queue_stop(q);
    assert_int_equal(seen.count, ITEMS - 1);
    assert_int_equal(delay_queue_add(q, (struct mono){0}, &due[0]), -1);
    delay_queue_free(q);
    delay_queue_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(items_are_woken_in_the_order_they_are_due, forget),
        cmocka_unit_test_setup(an_earlier_item_overtakes_a_waiting_one, forget),
        cmocka_unit_test_setup(stopping_wakes_all_and_refuses_more, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
