/* SPDX-License-Identifier: MIT */
/* child - see child.h. */
#include "bench/child.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/tool/signals.h"

#define CHILD_OUTPUT_MAX (64u << 20)

enum status child_init(struct child *c, const char *directory, const char *name, struct error *err)
{
    *c = (struct child){.name = name};
    enum status status = file_path(c->program, directory, name, err);
    if (status == STATUS_OK)
        child_add(c, c->program);
    return status;
}

void child_add(struct child *c, const char *argument)
{
    assert(c->argc < CHILD_ARGS_MAX);
    c->argv[c->argc++] = argument;
}

void child_add_pair(struct child *c, const char *name, const char *value)
{
    if (value == NULL)
        return;
    child_add(c, name);
    child_add(c, value);
}

void child_add_connection(struct child *c, const struct connect_options *o)
{
    static const char *const styles[] = {"auto", "path", "virtual"};
    child_add_pair(c, "--endpoint-url", o->endpoint_url);
    child_add_pair(c, "--region", o->region);
    child_add_pair(c, "--profile", o->profile);
    child_add_pair(c, "--ca-bundle", o->ca_bundle);
    child_add_pair(c, "--addressing-style", styles[o->addressing]);
    if (o->no_sign_request)
        child_add(c, "--no-sign-request");
    if (o->max_attempts == 0)
        return;
    snprintf(c->max_attempts, sizeof c->max_attempts, "%" PRIu64, o->max_attempts);
    child_add_pair(c, "--max-attempts", c->max_attempts);
}

static enum status judge(const struct child *c, const struct process_result *ran, struct error *err)
{
    if (signals_received() != 0)
        return error_set(err, STATUS_CANCELLED, "interrupted");
    if (ran->timed_out)
        return error_set(err, STATUS_REMOTE, "%s did not end in time and was stopped", c->name);
    if (ran->exit_code != 0)
        return error_set(err, STATUS_REMOTE, "%s ended with status %d: %.*s", c->name,
                         ran->exit_code, (int)strcspn(ran->err.data, "\n"), ran->err.data);
    return STATUS_OK;
}

enum status child_run(struct child *c, int64_t timeout_ms, struct process_result *ran,
                      struct error *err)
{
    const struct process_options options = {.argv = c->argv,
                                            .timeout_ms = timeout_ms,
                                            .interrupted = signals_received,
                                            .output_max = CHILD_OUTPUT_MAX};
    enum status status = process_run(&options, ran, err);
    if (status != STATUS_OK)
        return status;
    status = judge(c, ran, err);
    if (status != STATUS_OK)
        process_result_release(ran);
    return status;
}
