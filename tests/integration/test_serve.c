/* SPDX-License-Identifier: MIT */
/*
 * `s3-bench serve` as a program: what it prints, what its command gets, how it ends, and faults,
 * limits and the log from its options to the bytes.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/fixture.h"

static struct fixture *fixture;

static void run(const char *const *args, const char *const *env, struct process_result *ran)
{
    fixture_run(fixture, args, env, ran);
}

static void expect(const char *const *args, int exit_code, const char *out)
{
    struct process_result ran;
    run(args, NULL, &ran);
    if (ran.exit_code != exit_code || strcmp(ran.out.data, out) != 0)
        fail_msg("exit %d, \"%s\", \"%s\"", ran.exit_code, ran.out.data, ran.err.data);
    process_result_release(&ran);
}

/* The end */

static void its_status_is_the_command_s(void **state)
{
    (void)state;
    expect(FIXTURE_ARGS("s3-bench", "serve", "--", "true"), 0, "");
    expect(FIXTURE_ARGS("s3-bench", "serve", "--", "sh", "-c", "echo said; exit 3"), 3, "said\n");
    expect(FIXTURE_ARGS("s3-bench", "serve", "--", "sh", "-c", "kill -TERM $$"), 128 + SIGTERM, "");
    expect(FIXTURE_ARGS("s3-bench", "serve", "--", "sh", "-c", "kill -KILL $$"), 128 + SIGKILL, "");
}

/* The command writes its line once it is there to be told. */
static void signals_are_passed_on(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char directory[FIXTURE_PATH_MAX], script[FIXTURE_PATH_MAX + 128];
        char ready[FIXTURE_PATH_MAX + 8];
        struct process_result ran;
        fixture_directory(fixture, directory);
        snprintf(ready, sizeof ready, "%s/ready", directory);
        snprintf(script, sizeof script,
                 "trap 'exit 9' TERM INT; : >%s; while :; do sleep 0.05; done", ready);
        struct process *p = fixture_start(
            fixture, FIXTURE_ARGS("s3-bench", "serve", "--", "sh", "-c", script), NULL);
        while (access(ready, F_OK) != 0) {
            /* ctest's time-out bounds this */
        }
        process_signal(p, numbers[i]);
        assert_ok(process_wait(p, &ran, NULL), NULL);
        assert_int_equal(ran.exit_code, 9);
        process_result_release(&ran);
    }
}

/* Reads what another program is writing; "" while the file is not there. */
static void read_text(const char *path, char *out, size_t room)
{
    FILE *f = fopen(path, "re");
    const size_t len = f != NULL ? fread(out, 1, room - 1, f) : 0;
    out[len] = '\0';
    if (f != NULL)
        fclose(f);
}

/* A server inside: the outer one's command starts it, and uses nothing but what it printed. */
static void what_it_prints_is_enough_to_use_it(void **state)
{
    (void)state;
    char directory[FIXTURE_PATH_MAX], script[FIXTURE_PATH_MAX + 512];
    struct process_result ran;
    fixture_directory(fixture, directory);
    snprintf(script, sizeof script,
             "cd '%s' && bin=$(dirname \"$(readlink /proc/$PPID/exe)\") && "
             "{ \"$bin/s3-bench\" serve >lines & } && server=$! && "
             "until grep -qs ^unset lines; do sleep 0.01; done && "
             "unset AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_ACCESS_KEY_ID && "
             "eval \"$(sed 1d lines)\" && test \"$(head -n 1 lines)\" = \"$AWS_ENDPOINT_URL\" && "
             "\"$bin/s3-generate\" -r 1 -f 2 -b made --create-bucket --days 1 --quiet && "
             "kill -TERM $server && wait $server",
             directory);
    run(FIXTURE_ARGS("s3-bench", "serve", "--", "sh", "-c", script), NULL, &ran);
    if (ran.exit_code != 0)
        fail_msg("exit %d: %s", ran.exit_code, ran.err.data);
    process_result_release(&ran);
}

static void only_its_own_credentials_are_used(void **state)
{
    (void)state;
    static const char *const script = "echo $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY "
                                      "${AWS_PROFILE-none} ${AWS_SESSION_TOKEN-none}";
    static const char *const args[] = {"s3-bench", "serve", "--", "sh", "-c", script, NULL};
    struct process_result ran;
    run(args,
        (const char *const[]){"S3_BENCH_ACCESS_KEY_ID=given", "S3_BENCH_SECRET_ACCESS_KEY=secret",
                              "AWS_PROFILE=mine", "AWS_SESSION_TOKEN=mine", NULL},
        &ran);
    assert_string_equal(ran.out.data, "given secret none none\n");
    process_result_release(&ran);
    run(args, (const char *const[]){"AWS_ACCESS_KEY_ID=MINE", "AWS_SECRET_ACCESS_KEY=MINE", NULL},
        &ran);
    assert_null(strstr(ran.out.data, "MINE"));
    assert_int_equal(strcspn(ran.out.data, " "), 20);
    process_result_release(&ran);
    run(args, (const char *const[]){"S3_BENCH_ACCESS_KEY_ID=alone", NULL}, &ran);
    assert_int_equal(ran.exit_code, 2);
    assert_non_null(strstr(ran.err.data, "S3_BENCH_SECRET_ACCESS_KEY"));
    process_result_release(&ran);
}

static void others_than_loopback_are_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *listen;
        bool warns;
    } cases[] = {{"127.0.0.1:0", false}, {"localhost:0", false}, {"0.0.0.0:0", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct process_result ran;
        run(FIXTURE_ARGS("s3-bench", "serve", "--listen", cases[i].listen, "--", "true"), NULL,
            &ran);
        assert_int_equal(ran.exit_code, 0);
        assert_int_equal(strstr(ran.err.data, "warning: ") != NULL, cases[i].warns);
        process_result_release(&ran);
    }
}

/* Options that reach the bytes */

/* Seeds 20 objects and compacts them; $bin holds the programs. */
static const char compact_script[] =
    "bin=$(dirname \"$(readlink /proc/$PPID/exe)\"); "
    "\"$bin/s3-generate\" -r 10 -f 20 -b input --create-bucket --days 1 --quiet && "
    "\"$bin/s3-compact\" --quiet --discover s3://input/ s3://input/out/";

static void faults_are_met_and_logged(void **state)
{
    (void)state;
    char directory[FIXTURE_PATH_MAX], faults[FIXTURE_PATH_MAX + 16], log[FIXTURE_PATH_MAX + 16];
    static char text[1u << 20];
    struct process_result ran;
    fixture_directory(fixture, directory);
    snprintf(faults, sizeof faults, "%s/faults.json", directory);
    snprintf(log, sizeof log, "%s/log", directory);
    static const char rules[] =
        "{\"faults\":[{\"name\":\"throttled\",\"when\":{\"operation\":\"GetObject\",\"every\":5},"
        "\"then\":{\"status\":503}},{\"name\":\"lost\",\"when\":{\"operation\":\"PutObject\","
        "\"nth\":3},\"then\":{\"reset\":\"after_applying\"}}]}";
    fixture_write_file(faults, rules, strlen(rules));
    run(FIXTURE_ARGS("s3-bench", "serve", "--faults", faults, "--request-log", log, "--", "sh",
                     "-c", compact_script),
        NULL, &ran);
    if (ran.exit_code != 0)
        fail_msg("exit %d: %s", ran.exit_code, ran.err.data);
    process_result_release(&ran);
    read_text(log, text, sizeof text);
    assert_non_null(strstr(text, "\"status\":503"));
    assert_non_null(strstr(text, "\"fault\":\"throttled\""));
    assert_non_null(strstr(text, "\"fault\":\"lost\""));
}

static void memory_has_a_limit(void **state)
{
    (void)state;
    struct process_result ran;
    run(FIXTURE_ARGS("s3-bench", "serve", "--memory-limit", "4K", "--", "sh", "-c", compact_script),
        NULL, &ran);
    assert_int_equal(ran.exit_code, 1);
    assert_non_null(strstr(ran.err.data, "507"));
    process_result_release(&ran);
}

static int open_fixture(void **state)
{
    (void)state;
    fixture = fixture_new(TEST_ENDPOINT_EMBEDDED, NULL);
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    fixture_free(fixture);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_status_is_the_command_s),
        cmocka_unit_test(signals_are_passed_on),
        cmocka_unit_test(what_it_prints_is_enough_to_use_it),
        cmocka_unit_test(only_its_own_credentials_are_used),
        cmocka_unit_test(others_than_loopback_are_warned_of),
        cmocka_unit_test(faults_are_met_and_logged),
        cmocka_unit_test(memory_has_a_limit),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
