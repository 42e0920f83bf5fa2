/* SPDX-License-Identifier: MIT */
/* rows - file contents: pinned digests, the domain of every field, and both shapes. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/rows.h"
#include "lib/base/hash.h"
#include "tests/support/unit.h"

static struct dataset january(uint64_t rows)
{
    struct dataset d = {
        .seed = 42, .files = 300, .rows = rows, .prefix = "in/", .date_format = "%Y/%m/%d"};
    assert_int_equal(date_parse("2024-01-01", &d.from, NULL), STATUS_OK);
    assert_int_equal(date_parse("2024-01-30", &d.to, NULL), STATUS_OK);
    return d;
}

/* The content of one file, NUL-terminated; free it. */
static char *render(const struct dataset *d, uint64_t index, size_t *size)
{
    struct rows rows;
    struct error err;
    rows_init(&rows, d);
    assert_ok(rows_set_date(&rows, dataset_date(d, index), &err), &err);
    size_t room = (size_t)rows_size_max(d);
    char *text = malloc(room + 1);
    assert_non_null(text);
    *size = rows_render(&rows, index, text);
    assert_in_range(*size, 1, room);
    text[*size] = '\0';
    return text;
}

static void assert_digest(const struct dataset *d, uint64_t index, const char *expected)
{
    size_t size;
    char *text = render(d, index, &size);
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    sha256(text, size, digest);
    hex_encode(digest, sizeof digest, hex);
    assert_string_equal(hex, expected);
    free(text);
}

/* Digests computed by an independent implementation of the algorithm. */
static void test_content_is_pinned(void **state)
{
    (void)state;
    struct dataset d = january(64);
    assert_digest(&d, 0, "56f6d70556640184218dcb8941db5789028ff63f133cb69e445143252a3c62e4");
    assert_digest(&d, 1, "20397d34870a0a65cfecf55bab9b843584030374e591b05253ac5538d6fe61c0");
    assert_digest(&d, 299, "8a51fdbcd90d44b715453c8b1bfa162721deb1172161d50cd0f11eb4e64d5657");
    d.seed = 43;
    assert_digest(&d, 0, "cdeab9f9a29c6a309986c317a72c47f0657370433cb42920caa205efd1b6fbac");
    d = january(1000);
    assert_digest(&d, 0, "ba692ef5df1f9bc405310fc858a64eb348b6f2fb61c9c1278ef65c5e0980e969");
    d = january(64);
    d.date_format = "dt=%Y-%m-%dT%H";
    assert_digest(&d, 17, "2a84631a32b749c68da3ad6f78b13af29f6db0097ba5cac122b51bdea04e4481");
    dataset_make_reference(&d);
    assert_digest(&d, 5, "323b4dd639e8118c4430e34b8c5e5700d6f6b771b8b8169f3d42eaf2035c2d8a");
}

static void test_first_row(void **state)
{
    (void)state;
    size_t size;
    struct dataset d = january(1);
    char *text = render(&d, 0, &size);
    assert_string_equal(text, "{\"first_name\": \"Bob\", \"last_name\": \"Johnson\", \"age\": 36, "
                              "\"address\": \"123 Main St\", \"city\": \"Los Angeles\", "
                              "\"zip_code\": \"77001\", \"source_date\": \"2024/01/26\"}\n");
    free(text);
    dataset_make_reference(&d);
    text = render(&d, 5, &size);
    assert_string_equal(
        text, "{'first_name': 'John', 'last_name': 'Johnson', 'age': 51, 'address': '789 Pine Rd', "
              "'city': 'Los Angeles', 'zip_code': '10001', 'source_date': '2023/09/27/'}\n");
    free(text);
}

static void test_more_rows_only_append(void **state)
{
    (void)state;
    size_t few_size, many_size;
    struct dataset few = january(10), many = january(50);
    char *few_text = render(&few, 7, &few_size);
    char *many_text = render(&many, 7, &many_size);
    assert_true(many_size > few_size);
    assert_memory_equal(few_text, many_text, few_size);
    free(few_text);
    free(many_text);
}

static const char *const field_names[] = {"first_name", "last_name", "age",        "address",
                                          "city",       "zip_code",  "source_date"};
#define FIELDS (sizeof field_names / sizeof field_names[0])

static const char *const domains[FIELDS][5] = {
    {"John", "Jane", "Bob", "Alice"},
    {"Smith", "Johnson", "Brown", "Davis"},
    {NULL},
    {"123 Main St", "456 Oak Ave", "789 Pine Rd", "321 Elm St"},
    {"New York", "Los Angeles", "Chicago", "Houston"},
    {"10001", "90001", "60601", "77001"},
    {NULL},
};

struct census {
    unsigned values[FIELDS][4];
    unsigned ages[100];
};

static void count_row(json_t *row, const char *date, struct census *census)
{
    size_t place = 0;
    const char *name;
    json_t *value;
    assert_int_equal(json_object_size(row), FIELDS);
    json_object_foreach(row, name, value)
    {
        assert_string_equal(name, field_names[place]);
        if (strcmp(name, "age") == 0) {
            assert_true(json_is_integer(value));
            assert_in_range(json_integer_value(value), 18, 65);
            census->ages[json_integer_value(value)]++;
        } else if (strcmp(name, "source_date") == 0) {
            assert_string_equal(json_string_value(value), date);
        } else {
            size_t i = 0;
            while (domains[place][i] && strcmp(domains[place][i], json_string_value(value)) != 0)
                i++;
            assert_non_null(domains[place][i]);
            census->values[place][i]++;
        }
        place++;
    }
}

/* Every line is a JSON object of the seven fields in order, and each value is drawn about as often
 * as the others: within five standard deviations. */
static void test_fields_and_domains(void **state)
{
    (void)state;
    struct dataset d = january(9600);
    size_t size;
    char *text = render(&d, 3, &size);
    struct buf date;
    buf_init(&date, DATASET_DATE_MAX);
    dataset_append_date(&d, dataset_date(&d, 3), &date);
    static struct census census;
    unsigned rows = 0;
    for (char *line = text; *line; rows++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        json_t *row = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(row);
        count_row(row, date.data, &census);
        json_decref(row);
        line = end + 1;
    }
    assert_int_equal(rows, 9600);
    for (size_t f = 0; f < FIELDS; f++)
        for (size_t i = 0; domains[f][i] && i < 4; i++)
            assert_in_range(census.values[f][i], 2400 - 212, 2400 + 212);
    for (unsigned age = 18; age <= 65; age++)
        assert_in_range(census.ages[age], 200 - 70, 200 + 70);
    buf_release(&date);
    free(text);
}

static void test_reference_shape(void **state)
{
    (void)state;
    struct dataset d = january(200);
    dataset_make_reference(&d);
    size_t size;
    char *text = render(&d, 9, &size);
    struct buf tail;
    buf_init(&tail, DATASET_DATE_MAX);
    buf_append_str(&tail, ", 'source_date': '");
    dataset_append_date(&d, dataset_date(&d, 9), &tail);
    buf_append_str(&tail, "/'}");
    unsigned rows = 0;
    for (char *line = text; *line; rows++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        char first[8], last[8];
        char age[3];
        int used = 0;
        assert_int_equal(sscanf(line,
                                "{'first_name': '%7[A-Za-z]', 'last_name': '%7[A-Za-z]', "
                                "'age': %2[0-9], 'address': '%n",
                                first, last, age, &used),
                         3);
        assert_true(used > 0);
        assert_string_equal(end - tail.len, tail.data);
        assert_null(strchr(line, '"'));
        line = end + 1;
    }
    assert_int_equal(rows, 200);
    buf_release(&tail);
    free(text);
}

static void test_sizes(void **state)
{
    (void)state;
    struct dataset d = january(2000);
    size_t size;
    free(render(&d, 0, &size));
    double off = (double)size / (double)rows_size_mean(&d);
    assert_true(off > 0.99 && off < 1.01);
    assert_true(rows_size_max(&d) < 2 * rows_size_mean(&d));
    /* Unpadded fields are at their shortest at the range's end. */
    d.date_format = "%Y/%-m/%-d/%-H";
    assert_int_equal(date_parse("2023-10-10", &d.from, NULL), STATUS_OK);
    assert_int_equal(date_parse("2024-01-01", &d.to, NULL), STATUS_OK);
    for (uint64_t i = 0; i < 300; i++)
        free(render(&d, i, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content_is_pinned),     cmocka_unit_test(test_first_row),
        cmocka_unit_test(test_more_rows_only_append), cmocka_unit_test(test_fields_and_domains),
        cmocka_unit_test(test_reference_shape),       cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
