/* SPDX-License-Identifier: MIT */
/* Running programs: output, status, environment, deadlines, no zombies. sh is any POSIX shell. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/tool/process.h"
#include "tests/support/unit.h"

/* Every child must have been waited for. */
static int no_children_left(void **state)
{
    (void)state;
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1;
}

static void run_shell(const char *script, struct process_options options,
                      struct process_result *result)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct error err;
    options.argv = argv;
    assert_ok(process_run(&options, result, &err), &err);
}

static void test_output_and_status(void **state)
{
    (void)state;
    struct process_result r;
    run_shell("echo out; echo err >&2; exit 7", (struct process_options){0}, &r);
    assert_string_equal(r.out.data, "out\n");
    assert_string_equal(r.err.data, "err\n");
    assert_int_equal(r.exit_code, 7);
    assert_int_equal(r.signal, 0);
    assert_false(r.timed_out);
    assert_true(r.wall_s > 0 && r.max_rss_bytes > 0);
    process_result_release(&r);
}

static void test_killed_by_signal(void **state)
{
    (void)state;
    struct process_result r;
    run_shell("kill -9 $$", (struct process_options){0}, &r);
    assert_int_equal(r.signal, SIGKILL);
    assert_int_equal(r.exit_code, 128 + SIGKILL);
    process_result_release(&r);
}

static void test_large_output_on_both_streams(void **state)
{
    (void)state;
    struct process_result r;
    run_shell("head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero", (struct process_options){0},
              &r);
    assert_int_equal(r.out.len, 300000);
    assert_int_equal(r.err.len, 300000);
    process_result_release(&r);
    run_shell("head -c 300000 /dev/zero", (struct process_options){.output_max = 1000}, &r);
    assert_int_equal(r.out.len, 1000);
    assert_int_equal(r.exit_code, 0); /* the rest was read, so nothing broke */
    process_result_release(&r);
}

static void test_environment(void **state)
{
    (void)state;
    assert_int_equal(setenv("KIT_TEST_KEEP", "kept", 1), 0);
    assert_int_equal(setenv("KIT_TEST_DROP", "dropped", 1), 0);
    assert_int_equal(setenv("KIT_TEST_SET", "old", 1), 0);
    const char *const set[] = {"KIT_TEST_SET=new", "KIT_TEST_SE=short", NULL};
    const char *const unset[] = {"KIT_TEST_DROP", NULL};
    struct process_result r;
    run_shell("echo $KIT_TEST_KEEP,$KIT_TEST_DROP,$KIT_TEST_SET,$KIT_TEST_SE; "
              "env | grep -c KIT_TEST_SET",
              (struct process_options){.env_set = set, .env_unset = unset}, &r);
    assert_string_equal(r.out.data, "kept,,new,short\n1\n");
    process_result_release(&r);
}

static void test_directory(void **state)
{
    (void)state;
    struct process_result r;
    run_shell("pwd", (struct process_options){.directory = "/"}, &r);
    assert_string_equal(r.out.data, "/\n");
    process_result_release(&r);
}

static void test_cannot_start(void **state)
{
    (void)state;
    const char *const argv[] = {"no-such-program-anywhere", NULL};
    const char *const shell[] = {"sh", "-c", "exit", NULL};
    struct process_result r = {.exit_code = 99};
    struct error err;
    assert_status(STATUS_IO, process_run(&(struct process_options){.argv = argv}, &r, &err), &err);
    assert_non_null(strstr(err.text, "no-such-program-anywhere"));
    assert_status(
        STATUS_IO,
        process_run(&(struct process_options){.argv = shell, .directory = "/nowhere"}, &r, &err),
        &err);
    assert_int_equal(r.exit_code, 99);
}

static void test_timeout_terminates(void **state)
{
    (void)state;
    struct process_result r;
    run_shell("echo begun; exec sleep 100", (struct process_options){.timeout_ms = 50}, &r);
    assert_true(r.timed_out);
    assert_int_equal(r.signal, SIGTERM);
    process_result_release(&r);
}

/* The one test that takes as long as the grace period. */
static void test_timeout_kills_what_ignores_it(void **state)
{
    (void)state;
    struct process_result r;
    run_shell("trap '' TERM; exec sleep 100", (struct process_options){.timeout_ms = 1000}, &r);
    assert_true(r.timed_out);
    assert_int_equal(r.signal, SIGKILL);
    process_result_release(&r);
}

/* Someone else holds the pipe open; the end of the program is the end. */
static void test_grandchild_does_not_delay(void **state)
{
    (void)state;
    struct process_result r;
    run_shell("sleep 100 & echo $!", (struct process_options){.timeout_ms = 20000}, &r);
    assert_false(r.timed_out);
    assert_int_equal(r.exit_code, 0);
    const long grandchild = strtol(r.out.data, NULL, 10);
    assert_true(grandchild > 1);
    assert_int_equal(kill((pid_t)grandchild, SIGKILL), 0);
    process_result_release(&r);
}

static void test_ignored_sigpipe_is_not_inherited(void **state)
{
    (void)state;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    assert_int_equal(sigaction(SIGPIPE, &ignore, &old), 0);
    struct process_result r;
    run_shell("kill -PIPE $$; echo survived", (struct process_options){0}, &r);
    assert_int_equal(r.signal, SIGPIPE);
    process_result_release(&r);
    sigaction(SIGPIPE, &old, NULL);
}

static void test_start_signal_wait(void **state)
{
    (void)state;
    const char *const argv[] = {"sleep", "100", NULL};
    struct process *p;
    struct error err;
    assert_ok(process_start(&(struct process_options){.argv = argv}, &p, &err), &err);
    assert_true(process_pid(p) > 1);
    process_signal(p, SIGTERM);
    struct process_result r;
    assert_ok(process_wait(p, &r, &err), &err);
    assert_int_equal(r.exit_code, 143);
    assert_false(r.timed_out);
    process_result_release(&r);
}

static int always_interrupted(void)
{
    return SIGINT;
}

static void test_an_interruption_is_passed_on(void **state)
{
    (void)state;
    struct process_result r;
    run_shell("trap 'echo cleaned up; exit 7' TERM; echo; while :; do sleep 0.01; done",
              (struct process_options){.interrupted = always_interrupted}, &r);
    /* SIGTERM may arrive before the shell has set its trap. */
    assert_true(r.exit_code == 7 || r.signal == SIGTERM);
    assert_false(r.timed_out);
    process_result_release(&r);
}

static void test_own_directory(void **state)
{
    (void)state;
    char directory[4096], program[4200];
    struct error err;
    assert_ok(process_own_directory(directory, sizeof directory, &err), &err);
    snprintf(program, sizeof program, "%s/test_process", directory);
    assert_int_equal(access(program, X_OK), 0);
    char small[2];
    assert_status(STATUS_LIMIT, process_own_directory(small, sizeof small, &err), &err);
}

static void test_own_peak_memory(void **state)
{
    (void)state;
    const size_t much = 64u << 20;
    const uint64_t before = process_own_peak_bytes();
    char *block = malloc(much);
    assert_non_null(block);
    memset(block, 1, much);
    assert_int_equal(block[much / 2], 1); /* keeps the stores */
    assert_true(process_own_peak_bytes() >= before + much / 2);
    free(block);
    assert_true(process_own_peak_bytes() >= before + much / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_output_and_status, no_children_left),
        cmocka_unit_test_teardown(test_killed_by_signal, no_children_left),
        cmocka_unit_test_teardown(test_large_output_on_both_streams, no_children_left),
        cmocka_unit_test_teardown(test_environment, no_children_left),
        cmocka_unit_test_teardown(test_directory, no_children_left),
        cmocka_unit_test_teardown(test_cannot_start, no_children_left),
        cmocka_unit_test_teardown(test_timeout_terminates, no_children_left),
        cmocka_unit_test_teardown(test_timeout_kills_what_ignores_it, no_children_left),
        cmocka_unit_test_teardown(test_grandchild_does_not_delay, no_children_left),
        cmocka_unit_test_teardown(test_ignored_sigpipe_is_not_inherited, no_children_left),
        cmocka_unit_test_teardown(test_start_signal_wait, no_children_left),
        cmocka_unit_test_teardown(test_an_interruption_is_passed_on, no_children_left),
        cmocka_unit_test(test_own_directory),
        cmocka_unit_test(test_own_peak_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
