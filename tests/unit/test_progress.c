/* SPDX-License-Identifier: MIT */
/* Progress: the line, when it is drawn, and how it leaves no trace. Output goes into a pipe. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/tool/progress.h"
#include "tests/support/unit.h"

#define CLEAR "\r\033[K"

struct fixture {
    struct clock_fake clock;
    int pipe[2];
    char seen[4096];
};

static void set_up(struct fixture *f)
{
    clock_fake_init(&f->clock, 0);
    assert_int_equal(pipe(f->pipe), 0);
    assert_int_equal(fcntl(f->pipe[0], F_SETFL, O_NONBLOCK), 0);
}

static void tear_down(struct fixture *f)
{
    close(f->pipe[0]);
    close(f->pipe[1]);
}

/* What was written since the last call. */
static const char *seen(struct fixture *f)
{
    ssize_t n = read(f->pipe[0], f->seen, sizeof f->seen - 1);
    f->seen[n > 0 ? n : 0] = '\0';
    return f->seen;
}

static struct progress *make(struct fixture *f, enum progress_mode mode, bool terminal)
{
    return progress_new(&(struct progress_options){
        .label = "compacting",
        .mode = mode,
        .fd = f->pipe[1],
        .terminal = terminal,
        .columns = 120,
        .clock = &f->clock.clock,
    });
}

static void test_null_is_a_no_op(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    assert_null(make(&f, PROGRESS_NEVER, true));
    struct buf out;
    buf_init(&out, 100);
    progress_expect(NULL, 1, 1);
    progress_update(NULL, 1, 1);
    progress_clear(NULL);
    progress_redraw(NULL);
    progress_format(NULL, &out);
    progress_free(NULL);
    assert_true(buf_equals(&out, ""));
    tear_down(&f);
}

static void test_line(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    struct progress *p = make(&f, PROGRESS_AUTO, true);
    struct buf out;
    buf_init(&out, 500);
    progress_format(p, &out);
    assert_string_equal(out.data, "compacting: 0 objects, 0 B");
    clock_fake_advance_ms(&f.clock, 10000);
    progress_update(p, 1234, 5000000);
    buf_reset(&out);
    progress_format(p, &out);
    assert_string_equal(out.data, "compacting: 1,234 objects, 5.0 MB, 123 objects/s, 500 kB/s");
    progress_expect(p, 5000, 20000000);
    buf_reset(&out);
    progress_format(p, &out);
    assert_string_equal(out.data, "compacting: 25 %, 1,234 of 5,000 objects, 5.0 MB, "
                                  "123 objects/s, 500 kB/s, 30.0 s left");
    progress_update(p, 5000, 20000001); /* more than was expected is still 100 % */
    buf_reset(&out);
    progress_format(p, &out);
    assert_non_null(strstr(out.data, ": 100 %, "));
    assert_null(strstr(out.data, "left"));
    buf_release(&out);
    progress_free(p);
    tear_down(&f);
}

static void test_terminal_redraws_at_most_ten_times_a_second(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    struct progress *p = make(&f, PROGRESS_AUTO, true);
    unsigned drawn = 0;
    for (int ms = 0; ms < 2000; ms++) {
        clock_fake_advance_ms(&f.clock, 1);
        progress_update(p, (uint64_t)ms, 0);
        const char *line = seen(&f);
        if (*line) {
            drawn++;
            assert_memory_equal(line, CLEAR "compacting: ", strlen(CLEAR) + 12);
            assert_null(strchr(line, '\n'));
        }
    }
    assert_int_equal(drawn, 20);
    progress_clear(p);
    assert_string_equal(seen(&f), CLEAR);
    progress_redraw(p);
    assert_non_null(strstr(seen(&f), "compacting: "));
    progress_free(p);
    assert_string_equal(seen(&f), CLEAR);
    tear_down(&f);
}

static void test_line_fits_the_terminal(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    struct progress *p = progress_new(&(struct progress_options){
        .label = "compacting",
        .fd = f.pipe[1],
        .terminal = true,
        .columns = 20,
        .clock = &f.clock.clock,
    });
    clock_fake_advance_ms(&f.clock, 1000);
    progress_update(p, 123456, 5);
    assert_string_equal(seen(&f), CLEAR "compacting: 123,456");
    progress_free(p);
    tear_down(&f);
}

static void test_elsewhere_a_line_every_30_seconds(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    struct progress *p = make(&f, PROGRESS_AUTO, false);
    clock_fake_advance_ms(&f.clock, 29999);
    progress_update(p, 1, 1);
    assert_string_equal(seen(&f), "");
    clock_fake_advance_ms(&f.clock, 1);
    progress_update(p, 600, 30000);
    assert_string_equal(seen(&f), "compacting: 600 objects, 30.0 kB, 20 objects/s, 1.0 kB/s\n");
    progress_clear(p);
    progress_redraw(p);
    progress_free(p);
    assert_string_equal(seen(&f), "");
    tear_down(&f);
}

static void test_always_redraws_without_a_terminal(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    struct progress *p = make(&f, PROGRESS_ALWAYS, false);
    clock_fake_advance_ms(&f.clock, 100);
    progress_update(p, 1, 1);
    assert_memory_equal(seen(&f), CLEAR, strlen(CLEAR));
    progress_free(p);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_is_a_no_op),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_terminal_redraws_at_most_ten_times_a_second),
        cmocka_unit_test(test_line_fits_the_terminal),
        cmocka_unit_test(test_elsewhere_a_line_every_30_seconds),
        cmocka_unit_test(test_always_redraws_without_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
