/* SPDX-License-Identifier: MIT */
/* The fixture itself: an endpoint answers, and programs see a clean environment. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/fixture.h"

static void the_endpoint_has_an_address(void **state)
{
    const struct fixture *f = *state;
    assert_memory_equal(f->endpoint.url, "http://127.0.0.1:", strlen("http://127.0.0.1:"));
}

static void directories_are_fresh_and_removed(void **state)
{
    (void)state;
    struct fixture *own = fixture_new(TEST_ENDPOINT_EMBEDDED, NULL);
    char one[FIXTURE_PATH_MAX], two[FIXTURE_PATH_MAX], file[FIXTURE_PATH_MAX + 8];
    struct stat about;
    struct buf back;

    fixture_directory(own, one);
    fixture_directory(own, two);
    assert_string_not_equal(one, two);
    snprintf(file, sizeof file, "%s/file", one);
    fixture_write_file(file, "kept", 4);
    fixture_read_file(file, &back);
    assert_string_equal(back.data, "kept");
    buf_release(&back);
    fixture_free(own);
    assert_int_not_equal(stat(one, &about), 0);
}

static void environment_of_this_machine_is_hidden(void **state)
{
    (void)state;
    setenv("AWS_SESSION_TOKEN", "stray", 1);
    setenv("https_proxy", "http://stray.example", 1);
    struct fixture *own = fixture_new(TEST_ENDPOINT_EMBEDDED, NULL);
    assert_null(getenv("AWS_SESSION_TOKEN"));
    assert_null(getenv("https_proxy"));
    fixture_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_endpoint_has_an_address),
        cmocka_unit_test(directories_are_fresh_and_removed),
        cmocka_unit_test(environment_of_this_machine_is_hidden),
    };
    return FIXTURE_MAIN(tests);
}
