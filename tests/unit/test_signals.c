/* SPDX-License-Identifier: MIT */
/* Signals: the first is noted, a second of its kind ends the process. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/tool/signals.h"
#include "tests/support/unit.h"

/* In a child, because what was received stays received. */
static int status_of_child(int first, int second)
{
    pid_t child = fork();
    if (child == 0) {
        signals_install();
        if (signals_received() != 0)
            _exit(1);
        raise(first);
        if (signals_received() != first)
            _exit(2);
        raise(second);
        _exit(signals_exit_code(signals_received()));
    }
    int status = 0;
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static void test_first_is_noted(void **state)
{
    (void)state;
    int status = status_of_child(SIGINT, SIGTERM);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130); /* the first one counts */
    status = status_of_child(SIGTERM, SIGINT);
    assert_int_equal(WEXITSTATUS(status), 143);
}

static void test_second_of_its_kind_ends(void **state)
{
    (void)state;
    int status = status_of_child(SIGINT, SIGINT);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_is_noted),
        cmocka_unit_test(test_second_of_its_kind_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
