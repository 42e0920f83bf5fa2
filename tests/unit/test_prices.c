/* SPDX-License-Identifier: MIT */
/* prices - what is built in, what a file may say, and how money is written. */
#include <string.h>

#include "lib/tool/prices.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define HEAD         "{\"region\":\"here\",\"date\":\"2026-01\",\"currency\":\"EUR\",\"classes\":{"
#define PLAIN        "\"storage_gb_month\":0.02,\"write_per_1000\":0.005,\"read_per_1000\":0.0004"
#define STANDARD     "\"STANDARD\":{" PLAIN "}"

static void test_built_in(void **state)
{
    (void)state;
    const struct prices *p = prices_builtin();
    assert_string_equal(p->region, "us-east-1");
    assert_string_equal(p->date, "2025-10");
    assert_ptr_equal(prices_class(p, ""), prices_class(p, "STANDARD"));
    assert_null(prices_class(p, "standard"));
    const struct price_class *ia = prices_class(p, "STANDARD_IA");
    assert_non_null(ia);
    assert_int_equal(ia->min_bytes, 131072);
    assert_int_equal(ia->min_days, 30);
    assert_true(prices_class(p, "GLACIER_IR")->storage_gb_month == 0.004);
}

static void test_a_table_of_ones_own(void **state)
{
    (void)state;
    static const char text[] = HEAD STANDARD
        ",\"COLD\":{" PLAIN ",\"retrieval_gb\":1,\"min_bytes\":4096,\"min_days\":7}}}";
    struct prices p;
    struct error err;
    assert_ok(prices_parse(text, strlen(text), &p, &err), &err);
    assert_string_equal(p.region, "here");
    assert_int_equal(p.class_count, 2);
    const struct price_class *cold = prices_class(&p, "COLD");
    assert_int_equal(cold->min_bytes, 4096);
    assert_int_equal(cold->min_days, 7);
    assert_true(price_of_retrieval(cold, UINT64_C(1) << 30) == 1);
    assert_true(price_of_writes(cold, 1000) == 0.005);
    assert_true(price_of_month(prices_class(&p, ""), UINT64_C(2) << 30) == 0.04);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } table[] = {
        {"", "not JSON"},
        {"[]", "must be an object"},
        {"{\"region\":\"a\"}", "\"date\" must be a string"},
        {"{\"regions\":\"a\"}", "\"regions\", which is not known"},
        {HEAD "}}", "lacks STANDARD"},
        {HEAD "\"STANDARD\":3}}", "STANDARD must be an object"},
        {HEAD "\"STANDARD\":{\"storage_gb_month\":1}}}", "\"write_per_1000\" must be a number"},
        {HEAD "\"STANDARD\":{" PLAIN ",\"retrieval\":1}}}", "\"retrieval\", which is not known"},
        {HEAD "\"STANDARD\":{" PLAIN ",\"retrieval_gb\":-1}}}",
         "\"retrieval_gb\" must be a number"},
        {HEAD "\"STANDARD\":{" PLAIN ",\"min_bytes\":1.5}}}", "\"min_bytes\" must be a whole"},
        {HEAD "\"STANDARD\":{" PLAIN ",\"min_days\":\"3\"}}}", "\"min_days\" must be a whole"},
        {HEAD STANDARD "," STANDARD "}}", "not JSON"}, /* one of them would be ignored */
        {HEAD STANDARD "}} x", "not JSON"},
        {"{\"region\":\"\",\"date\":\"d\",\"currency\":\"c\",\"classes\":{" STANDARD "}}",
         "\"region\""},
        {"{\"region\":\"a\\u001b[2J\",\"date\":\"d\",\"currency\":\"c\",\"classes\":{" STANDARD
         "}}",
         "plain ASCII"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct prices p = {.class_count = 77};
        struct error err = {0};
        assert_status(STATUS_INVALID, prices_parse(table[i].text, strlen(table[i].text), &p, &err),
                      &err);
        if (strstr(err.text, table[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.text, table[i].says);
        assert_int_equal(p.class_count, 77);
    }
    struct prices p;
    struct error err;
    assert_status(STATUS_INVALID, prices_read("/no/such/file", &p, &err), &err);
    assert_non_null(strstr(err.text, "/no/such/file"));
}

static void test_money(void **state)
{
    (void)state;
    static const struct {
        double amount;
        const char *text;
    } table[] = {
        {0, "$0.0000"},       {0.00001, "under $0.0001"}, {0.0046, "$0.0046"},
        {0.99994, "$0.9999"}, {12.345001, "$12.35"},      {999.99, "$999.99"},
        {1234.5, "$1,235"},
    };
    struct prices euro = *prices_builtin();
    struct buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < COUNT(table); i++) {
        buf_reset(&b);
        price_append(&b, prices_builtin(), table[i].amount);
        assert_string_equal(b.data, table[i].text);
    }
    buf_reset(&b);
    memcpy(euro.currency, "EUR", 4);
    price_append(&b, &euro, 12.5);
    assert_string_equal(b.data, "12.50 EUR");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in),
        cmocka_unit_test(test_a_table_of_ones_own),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_money),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
