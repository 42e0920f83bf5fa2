/* SPDX-License-Identifier: MIT */
/* From options and environment to a client: which setting wins, and whose name an error bears. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/tool/connect.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *const variables[] = {
    "AWS_ACCESS_KEY_ID",  "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",   "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_PROFILE",           "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL",
    "AWS_CA_BUNDLE",      "AWS_MAX_ATTEMPTS",
};

static char config_path[] = "/tmp/kit-connect-XXXXXX";

static void set_variable(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

/* Nothing but a file with a region in the profile "other"; no key can come from elsewhere. */
static int set_up_group(void **state)
{
    (void)state;
    int fd = mkstemp(config_path);
    static const char text[] = "[profile other]\nregion = eu-north-1\n";
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) != 0)
        return -1;
    return 0;
}

static int tear_down_group(void **state)
{
    (void)state;
    return unlink(config_path);
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(variables); i++)
        unsetenv(variables[i]);
    set_variable("AWS_CONFIG_FILE", config_path);
    set_variable("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    return 0;
}

static void assert_endpoint(const struct connect_options *options, const char *base,
                            const char *region)
{
    struct connection c;
    struct error err;
    assert_ok(connection_open(options, 4, NULL, &c, &err), &err);
    assert_string_equal(s3_client_endpoint(c.client)->base, base);
    assert_string_equal(s3_client_endpoint(c.client)->region, region);
    connection_close(&c);
    connection_close(&c); /* twice does no harm */
}

static void assert_refused(const struct connect_options *options, enum status want,
                           const char *beginning)
{
    struct connection c = {.loop = (struct http_loop *)&c};
    struct error err;
    assert_status(want, connection_open(options, 4, NULL, &c, &err), &err);
    if (strncmp(err.text, beginning, strlen(beginning)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", err.text, beginning);
    assert_ptr_equal(c.loop, &c); /* untouched */
}

static void test_tables_are_sound(void **state)
{
    (void)state;
    static const struct cli_option both[] = {
        CLI_INCLUDE(connect_option_table, 0),
        CLI_INCLUDE(output_option_table, sizeof(struct connect_options)),
        CLI_END,
    };
    struct error err;
    assert_ok(cli_table_check(both, &err), &err);
}

static void test_options_parse(void **state)
{
    (void)state;
    const char *argv[] = {"--addressing-style", "virtual",  "--max-attempts=3",
                          "--no-sign-request",  "--region", "x-1"};
    struct connect_options options = {0};
    struct cli_result result;
    struct error err;
    assert_ok(cli_parse(connect_option_table, &options, COUNT(argv), (char **)argv, &result, &err),
              &err);
    assert_int_equal(options.addressing, S3_ADDRESSING_VIRTUAL);
    assert_int_equal(options.max_attempts, 3);
    assert_true(options.no_sign_request);
    assert_string_equal(options.region, "x-1");
    const char *output[] = {"-qv", "--progress=never", "--json"};
    struct output_options printed = {0};
    assert_ok(
        cli_parse(output_option_table, &printed, COUNT(output), (char **)output, &result, &err),
        &err);
    assert_true(printed.json && printed.quiet && printed.verbose);
    assert_int_equal(printed.progress, PROGRESS_NEVER);
}

/* Each step adds a source that wins over those before it. */
static void test_region_order(void **state)
{
    (void)state;
    struct connect_options options = {.no_sign_request = true};
    assert_endpoint(&options, "https://s3.us-east-1.amazonaws.com", "us-east-1");
    options.profile = "other";
    assert_endpoint(&options, "https://s3.eu-north-1.amazonaws.com", "eu-north-1");
    set_variable("AWS_DEFAULT_REGION", "eu-west-1");
    assert_endpoint(&options, "https://s3.eu-west-1.amazonaws.com", "eu-west-1");
    set_variable("AWS_REGION", "eu-west-2");
    assert_endpoint(&options, "https://s3.eu-west-2.amazonaws.com", "eu-west-2");
    options.region = "eu-west-3";
    assert_endpoint(&options, "https://s3.eu-west-3.amazonaws.com", "eu-west-3");
}

static void test_endpoint_order(void **state)
{
    (void)state;
    struct connect_options options = {.no_sign_request = true};
    set_variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    set_variable("AWS_ENDPOINT_URL_S3", ""); /* empty is unset */
    assert_endpoint(&options, "http://127.0.0.1:1", "us-east-1");
    set_variable("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2");
    assert_endpoint(&options, "http://127.0.0.1:2", "us-east-1");
    options.endpoint_url = "http://127.0.0.1:3";
    assert_endpoint(&options, "http://127.0.0.1:3", "us-east-1");
}

static void test_errors_name_their_source(void **state)
{
    (void)state;
    struct connect_options options = {.no_sign_request = true, .endpoint_url = "127.0.0.1:9000"};
    assert_refused(&options, STATUS_INVALID, "--endpoint-url: ");
    options.endpoint_url = NULL;
    set_variable("AWS_ENDPOINT_URL", "nonsense");
    assert_refused(&options, STATUS_INVALID, "AWS_ENDPOINT_URL: ");
    set_variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    options.region = "no region";
    assert_refused(&options, STATUS_INVALID, "--region: ");
    options.region_option = "--other-region";
    assert_refused(&options, STATUS_INVALID, "--other-region: ");
    options.region = NULL;
    set_variable("AWS_REGION", "no region");
    assert_refused(&options, STATUS_INVALID, "AWS_REGION: ");
    unsetenv("AWS_REGION");
    unsetenv("AWS_ENDPOINT_URL");
    set_variable("AWS_MAX_ATTEMPTS", "many");
    assert_refused(&options, STATUS_INVALID, "AWS_MAX_ATTEMPTS: \"many\" is not a whole number");
    options.max_attempts = 2; /* then the variable does not matter */
    assert_endpoint(&options, "https://s3.us-east-1.amazonaws.com", "us-east-1");
}

static void test_credentials(void **state)
{
    (void)state;
    struct connect_options options = {.endpoint_url = "http://127.0.0.1:1"};
    assert_refused(&options, STATUS_DENIED, "");
    set_variable("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    assert_refused(&options, STATUS_DENIED, "");
    set_variable("AWS_SECRET_ACCESS_KEY", "not-a-real-secret");
    assert_endpoint(&options, "http://127.0.0.1:1", "us-east-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_tables_are_sound, set_up),
        cmocka_unit_test_setup(test_options_parse, set_up),
        cmocka_unit_test_setup(test_region_order, set_up),
        cmocka_unit_test_setup(test_endpoint_order, set_up),
        cmocka_unit_test_setup(test_errors_name_their_source, set_up),
        cmocka_unit_test_setup(test_credentials, set_up),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
