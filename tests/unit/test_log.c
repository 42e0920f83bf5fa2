/* SPDX-License-Identifier: MIT */
/* Log lines: levels, control characters, length, and their place around a progress line. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/tool/log.h"
#include "lib/tool/progress.h"
#include "tests/support/unit.h"

#define CLEAR "\r\033[K"

struct fixture {
    int pipe[2];
    char seen[8192];
    struct log log;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.log = {.program = "s3-compact"}};
    *state = &f;
    if (pipe(f.pipe) != 0)
        return -1;
    f.log.fd = f.pipe[1];
    return fcntl(f.pipe[0], F_SETFL, O_NONBLOCK);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    close(f->pipe[0]);
    close(f->pipe[1]);
    return 0;
}

static const char *seen(struct fixture *f)
{
    ssize_t n = read(f->pipe[0], f->seen, sizeof f->seen - 1);
    f->seen[n > 0 ? n : 0] = '\0';
    return f->seen;
}

static void test_levels(void **state)
{
    struct fixture *f = *state;
    log_error(&f->log, "no %s", "bucket");
    assert_string_equal(seen(f), "s3-compact: error: no bucket\n");
    log_warning(&f->log, "odd");
    assert_string_equal(seen(f), "s3-compact: warning: odd\n");
    log_note(&f->log, "fine");
    assert_string_equal(seen(f), "s3-compact: fine\n");
    log_debug(&f->log, "GET");
    assert_string_equal(seen(f), "");
    f->log.quiet = f->log.debug = true;
    log_note(&f->log, "fine");
    assert_string_equal(seen(f), "");
    log_error(&f->log, "still");
    assert_string_equal(seen(f), "s3-compact: error: still\n");
    log_debug_line(&f->log, "GET %s");
    assert_string_equal(seen(f), "s3-compact: debug: GET %s\n");
}

static void test_control_characters_cannot_fake_a_line(void **state)
{
    struct fixture *f = *state;
    log_note(&f->log, "key a\ns3-compact: done\033[31m \xc3\xa4\x7f");
    assert_string_equal(seen(f), "s3-compact: key a?s3-compact: done?[31m \xc3\xa4?\n");
}

static void test_long_line_is_cut_but_ends(void **state)
{
    struct fixture *f = *state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_error(&f->log, "%s", text);
    const char *line = seen(f);
    const size_t len = strlen(line);
    assert_true(len > ERROR_TEXT_MAX && len < 2000);
    assert_int_equal(line[len - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + len - 1);
}

static void test_progress_line_steps_aside(void **state)
{
    struct fixture *f = *state;
    struct clock_fake clock;
    clock_fake_init(&clock, 0);
    f->log.progress = progress_new(&(struct progress_options){
        .label = "work",
        .fd = f->pipe[1],
        .terminal = true,
        .clock = &clock.clock,
    });
    log_note(&f->log, "first"); /* nothing is drawn yet */
    assert_string_equal(seen(f), "s3-compact: first\n");
    clock_fake_advance_ms(&clock, 1000);
    progress_update(f->log.progress, 3, 0);
    assert_string_equal(seen(f), CLEAR "work: 3 objects, 0 B, 3 objects/s, 0 B/s");
    log_note(&f->log, "second");
    assert_string_equal(seen(f), CLEAR "s3-compact: second\n" CLEAR
                                       "work: 3 objects, 0 B, 3 objects/s, 0 B/s");
    progress_free(f->log.progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_levels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_control_characters_cannot_fake_a_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_long_line_is_cut_but_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_progress_line_steps_aside, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
