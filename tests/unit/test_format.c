/* SPDX-License-Identifier: MIT */
/* format - containers by their first bytes, and text that only begins like them. */
#include <string.h>

#include "compactor/format.h"
#include "tests/support/unit.h"

static const char *container(const char *data, size_t len)
{
    return format_container((const uint8_t *)data, len);
}

static void test_containers(void **state)
{
    (void)state;
    assert_string_equal(container("PAR1\x15\x04\x15", 7), "Parquet");
    assert_string_equal(container("PARE\x15\x04\x15", 7), "Parquet");
    assert_string_equal(container("ORC\x0a\x0b\x08\x01", 7), "ORC");
    assert_string_equal(container("Obj\x01\x04\x14", 6), "Avro");
}

static void test_everything_else(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "P", "PAR", "{\"a\":1}\n", "PAR1,PAR2\n", "ORCHARD\r\n", "ORC\tx", "Object\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_null(container(texts[i], strlen(texts[i])));
    assert_null(container("\x1f\x8b\x08\x00\x00", 5));
    assert_null(container("ORC", 3));
    /* Binary bytes count within the look alone. */
    char text[FORMAT_LOOK_MAX + 1];
    memset(text, 'x', sizeof text);
    memcpy(text, "ORC", 3);
    text[FORMAT_LOOK_MAX] = '\0';
    assert_null(container(text, sizeof text));
    text[FORMAT_LOOK_MAX - 1] = '\0';
    assert_string_equal(container(text, sizeof text), "ORC");
}

static void test_refusal_reads_as_a_sentence(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(format_refuse((const uint8_t *)"plain", 5, &error), STATUS_OK);
    assert_int_equal(format_refuse((const uint8_t *)"Obj\x01", 4, &error), STATUS_INVALID);
    assert_non_null(strstr(error.text, "is Avro: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_everything_else),
        cmocka_unit_test(test_refusal_reads_as_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
