/* SPDX-License-Identifier: MIT */
/* programs - the fixture's part that runs the kit's programs; see fixture.h. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/fixture.h"

#define ARGS_MAX       64
#define ENTRIES_MAX    32
#define RUN_TIMEOUT_MS 120000

struct command {
    char program[FIXTURE_PATH_MAX];
    const char *argv[ARGS_MAX + 1];
    char lines[5][FIXTURE_PATH_MAX + 64];
    const char *set[ENTRIES_MAX + 1];
    const char *unset[ENTRIES_MAX + 1];
    size_t set_count;
    size_t unset_count;
};

static void command_set(struct command *c, const char *entry)
{
    assert_true(c->set_count < ENTRIES_MAX);
    c->set[c->set_count++] = entry;
}

/* The last word on a variable wins: the caller's comes after the fixture's. */
static void command_drop(struct command *c, const char *entry)
{
    size_t len = strcspn(entry, "="), kept = 0;
    for (size_t i = 0; i < c->set_count; i++) {
        if (strncmp(c->set[i], entry, len) != 0 || c->set[i][len] != '=')
            c->set[kept++] = c->set[i];
    }
    c->set_count = kept;
}

static void command_init(struct command *c, const struct fixture *f, const char *const *argv,
                         const char *const *env)
{
    memset(c, 0, sizeof *c);
    snprintf(c->program, sizeof c->program, "%s/%s", KIT_PROGRAMS, argv[0]);
    c->argv[0] = c->program;
    for (size_t i = 1; argv[i]; i++) {
        assert_true(i < ARGS_MAX);
        c->argv[i] = argv[i];
    }
    snprintf(c->lines[0], sizeof c->lines[0], "HOME=%s", f->home);
    snprintf(c->lines[1], sizeof c->lines[1], "AWS_ENDPOINT_URL_S3=%s", f->endpoint.url);
    snprintf(c->lines[2], sizeof c->lines[2], "AWS_ACCESS_KEY_ID=%s", f->endpoint.access_key_id);
    snprintf(c->lines[3], sizeof c->lines[3], "AWS_SECRET_ACCESS_KEY=%s",
             f->endpoint.secret_access_key);
    snprintf(c->lines[4], sizeof c->lines[4], "AWS_REGION=us-east-1");
    for (size_t i = 0; i < sizeof c->lines / sizeof *c->lines; i++)
        command_set(c, c->lines[i]);
    command_set(c, "LC_ALL=C");
    command_set(c, "TZ=UTC");
    for (; env && *env; env++) {
        command_drop(c, *env);
        if (strchr(*env, '=')) {
            command_set(c, *env);
        } else {
            assert_true(c->unset_count < ENTRIES_MAX);
            c->unset[c->unset_count++] = *env;
        }
    }
}

/* Lets a shell do something with `word`, which is its $0, before it becomes the program. */
static void command_wrap(struct command *c, const char *script, const char *word)
{
    const char *const shell[] = {"/bin/sh", "-c", script, word};
    const size_t front = sizeof shell / sizeof *shell;
    size_t argc = 0;
    while (c->argv[argc])
        argc++;
    assert_true(argc + front <= ARGS_MAX);
    memmove(c->argv + front, c->argv, (argc + 1) * sizeof *c->argv);
    memcpy(c->argv, shell, sizeof shell);
}

static struct process_options command_options(const struct command *c)
{
    return (struct process_options){
        .argv = c->argv, .env_set = c->set, .env_unset = c->unset, .timeout_ms = RUN_TIMEOUT_MS};
}

static void command_run(const struct command *c, struct process_result *result)
{
    struct error err;
    struct process_options options = command_options(c);
    assert_ok(process_run(&options, result, &err), &err);
    if (result->timed_out)
        fail_msg("%s did not end within %d s", c->program, RUN_TIMEOUT_MS / 1000);
}

void fixture_run(const struct fixture *f, const char *const *argv, const char *const *env,
                 struct process_result *result)
{
    struct command *c = test_malloc(sizeof *c);
    command_init(c, f, argv, env);
    command_run(c, result);
    test_free(c);
}

void fixture_run_into(const struct fixture *f, const char *path, const char *const *argv,
                      struct process_result *result)
{
    struct command *c = test_malloc(sizeof *c);
    command_init(c, f, argv, NULL);
    command_wrap(c, "exec \"$@\" >\"$0\"", path);
    command_run(c, result);
    test_free(c);
}

void fixture_run_joined(const struct fixture *f, const char *const *argv,
                        struct process_result *result)
{
    struct command *c = test_malloc(sizeof *c);
    command_init(c, f, argv, NULL);
    command_wrap(c, "exec \"$@\" 2>&1", "sh");
    command_run(c, result);
    test_free(c);
}

void fixture_run_limited(const struct fixture *f, unsigned open_files, const char *const *argv,
                         struct process_result *result)
{
    struct command *c = test_malloc(sizeof *c);
    char number[16];
    snprintf(number, sizeof number, "%u", open_files);
    command_init(c, f, argv, NULL);
    command_wrap(c, "ulimit -n \"$0\" && exec \"$@\"", number);
    command_run(c, result);
    test_free(c);
}

struct process *fixture_start(const struct fixture *f, const char *const *argv,
                              const char *const *env)
{
    struct command *c = test_malloc(sizeof *c);
    struct process *started = NULL;
    struct error err;
    command_init(c, f, argv, env);
    struct process_options options = command_options(c);
    assert_ok(process_start(&options, &started, &err), &err);
    test_free(c);
    return started;
}
