/* SPDX-License-Identifier: MIT */
/* cost - examples worked by hand at the prices of us-east-1, October 2025. */
#include <math.h>
#include <string.h>

#include "compactor/cost.h"
#include "tests/support/unit.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static void expect_near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 + 1e-6 * want))
        fail_msg("%.9f is not %.9f", got, want);
}

static void add(struct cost_stock *s, const char *class_name, uint64_t objects, uint64_t size)
{
    for (uint64_t i = 0; i < objects; i++)
        cost_stock_add(s, prices_builtin(), class_name, size);
}

/* 1,048,576 objects of 10 KiB, 10 GiB in all, into 32 outputs of 320 MiB, each of 40 parts. */
static struct cost_facts many_small(const char *from, const char *to)
{
    struct cost_facts f = {.requests = {.lists = 1050, .heads = 32}};
    add(&f.sources, from, 1048576, 10 * KIB);
    f.fetched = f.sources;
    add(&f.outputs, to, 32, 320 * MIB);
    for (int i = 0; i < 32; i++)
        cost_requests_of_plan(&f.requests, 1048576 / 32, 0, 40);
    return f;
}

static void test_standard_saves_requests_only(void **state)
{
    (void)state;
    struct cost c;
    struct cost_facts f = many_small("", "STANDARD");
    assert_int_equal(f.requests.gets, 1048576);
    assert_int_equal(f.requests.creates, 32);
    assert_int_equal(f.requests.parts, 1280);
    assert_int_equal(f.requests.puts, 0);
    assert_int_equal(cost_compute(&f, prices_builtin(), "STANDARD", &c, NULL), STATUS_OK);
    /* 1,050 LIST and 1,344 writes at 0.005, 1,048,576 GET and 32 HEAD at 0.0004, a thousand */
    expect_near(c.once, 0.00525 + 0.00672 + 0.4194304 + 0.0000128);
    expect_near(c.month_now, 0.23); /* 10 GiB at 0.023 */
    expect_near(c.month_kept, 0.46);
    expect_near(c.month_deleted, 0.23);
    expect_near(c.read_sources, 0.4194304);
    expect_near(c.read_outputs, 0.000512); /* 1,280 ranges of 8 MiB */
    assert_true(c.months < 0);
    assert_int_equal(c.full_reads, 2); /* 0.4314132 / 0.4189184 */
    assert_true(c.saves);
}

static void test_ia_bills_128_kib_an_object(void **state)
{
    (void)state;
    struct cost c;
    struct cost_facts f = many_small("STANDARD_IA", "STANDARD_IA");
    assert_int_equal(cost_compute(&f, prices_builtin(), "STANDARD_IA", &c, NULL), STATUS_OK);
    expect_near(c.month_now, 1.6); /* 128 GiB at 0.0125 */
    expect_near(c.month_kept, 1.725);
    expect_near(c.month_deleted, 0.125);
    /* LIST and HEAD as STANDARD, GET at 0.001, writes at 0.01 a thousand, 10 GiB at 0.01 back */
    expect_near(c.once, 0.00525 + 0.0000128 + 1.048576 + 0.01344 + 0.1);
    expect_near(c.months, 1.1672788 / 1.475);
    expect_near(c.read_sources, 1.148576);
    expect_near(c.read_outputs, 0.10128);
}

static void test_glacier_ir_to_itself(void **state)
{
    (void)state;
    struct cost c;
    struct cost_facts f = {.requests = {.lists = 1}};
    add(&f.sources, "GLACIER_IR", 1000, 100 * KIB);
    add(&f.sources, "GLACIER_IR", 24, 128 * KIB + 1); /* above the least: by its bytes */
    f.fetched = f.sources;
    cost_requests_of_plan(&f.requests, 1024, 0, 1);
    add(&f.outputs, "GLACIER_IR", 1, 1000 * 100 * KIB + 24 * (128 * KIB + 1));
    assert_int_equal(cost_compute(&f, prices_builtin(), "GLACIER_IR", &c, NULL), STATUS_OK);
    expect_near(c.month_now, (1024.0 * 128 * 1024 + 24) / (double)GIB * 0.004);
    const double bytes = 1000 * 102400.0 + 24 * 131073.0;
    expect_near(c.month_deleted, bytes / (double)GIB * 0.004);
    expect_near(c.once, 0.000005 + 0.01024 + 0.00002 + bytes / (double)GIB * 0.03);
}

/* One large object: nothing is saved, and that is what is said. */
static void test_no_saving(void **state)
{
    (void)state;
    struct cost c;
    struct cost_facts f = {.requests = {.lists = 1, .heads = 1}};
    add(&f.sources, "STANDARD", 1, GIB);
    f.fetched = f.sources;
    cost_requests_of_plan(&f.requests, 128, 0, 128);
    add(&f.outputs, "STANDARD", 1, GIB);
    assert_int_equal(cost_compute(&f, prices_builtin(), "STANDARD", &c, NULL), STATUS_OK);
    assert_false(c.saves);
    assert_true(c.months < 0);
    assert_int_equal(c.full_reads, 0);
    expect_near(c.month_kept, 2 * c.month_now);
    /* A dearer class costs more, and saves nothing either. */
    struct cost_facts dearer = many_small("GLACIER_IR", "STANDARD");
    assert_int_equal(cost_compute(&dearer, prices_builtin(), "STANDARD", &c, NULL), STATUS_OK);
    expect_near(c.month_now, 0.512); /* 128 GiB at 0.004: still dearer than 10 GiB at 0.023 */
    expect_near(c.month_deleted, 0.23);
    assert_true(c.months > 0);
}

static void test_outputs_that_are_there(void **state)
{
    (void)state;
    struct cost c;
    struct cost_facts f = {.requests = {.lists = 1, .heads = 1}};
    add(&f.sources, "STANDARD", 4, GIB / 4);
    add(&f.existing, "STANDARD", 1, GIB);
    add(&f.outputs, "STANDARD", 1, GIB); /* unchanged: nothing is fetched */
    assert_int_equal(cost_compute(&f, prices_builtin(), "STANDARD", &c, NULL), STATUS_OK);
    expect_near(c.once, 0.000005 + 0.0000004);
    expect_near(c.month_now, 0.046);
    expect_near(c.month_kept, 0.046);
    expect_near(c.month_deleted, 0.023);
}

static void test_copies_and_single_puts(void **state)
{
    (void)state;
    struct cost_requests r = {0};
    cost_requests_of_plan(&r, 10, 0, 1);
    cost_requests_of_plan(&r, 0, 0, 0); /* nothing but empty sources */
    cost_requests_of_plan(&r, 5, 2, 4);
    assert_int_equal(r.gets, 13);
    assert_int_equal(r.puts, 2);
    assert_int_equal(r.creates, 1);
    assert_int_equal(r.parts, 2);
    assert_int_equal(r.copies, 2);
    assert_int_equal(r.completes, 1);
}

static void test_classes_without_a_price(void **state)
{
    (void)state;
    struct cost c = {.once = 7};
    struct error err;
    struct cost_facts f = {.requests = {.lists = 1}};
    add(&f.sources, "OUTPOSTS", 1, 1);
    assert_int_equal(cost_compute(&f, prices_builtin(), "STANDARD", &c, &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "OUTPOSTS"));
    memset(&f, 0, sizeof f);
    assert_int_equal(cost_compute(&f, prices_builtin(), "SNOW", &c, &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "SNOW"));
    expect_near(c.once, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standard_saves_requests_only),
        cmocka_unit_test(test_ia_bills_128_kib_an_object),
        cmocka_unit_test(test_glacier_ir_to_itself),
        cmocka_unit_test(test_no_saving),
        cmocka_unit_test(test_outputs_that_are_there),
        cmocka_unit_test(test_copies_and_single_puts),
        cmocka_unit_test(test_classes_without_a_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
