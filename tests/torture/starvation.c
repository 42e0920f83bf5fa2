/* SPDX-License-Identifier: MIT */
/* starvation - see starvation.h. */
#include "tests/torture/starvation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/torture/stage_private.h"

#define NAME_ROOM 96

static const char line_start[] = "s3-compact: ";

/* The first run of the stage is the starved one. */
static void starve(struct stage *s, bool own, unsigned long at, char count_path[FIXTURE_PATH_MAX])
{
    char directory[FIXTURE_PATH_MAX];
    fixture_directory(s->fixture, directory);
    snprintf(count_path, FIXTURE_PATH_MAX, "%.*s/count", FIXTURE_PATH_MAX - 16, directory);
    snprintf(s->first_env[0], sizeof s->first_env[0], "KIT_STARVE_AT=%lu", at);
    snprintf(s->first_env[1], sizeof s->first_env[1], "KIT_STARVE_COUNT=%.*s",
             (int)sizeof s->first_env[1] - 32, count_path);
    if (own)
        s->first_program = "../tests/s3-compact-starved";
    else
        snprintf(s->first_env[2], sizeof s->first_env[2], "LD_PRELOAD=%s", KIT_STARVE_LIBRARY);
}

static unsigned long count_of(const struct scene *scene, bool own)
{
    struct stage stage;
    struct buf text;
    char path[FIXTURE_PATH_MAX];
    stage_open(&stage, scene, NULL);
    starve(&stage, own, 0, path);
    if (stage_run(&stage, RUN_FIRST) != 0)
        stage_give_up("a run that nothing disturbs fails");
    fixture_read_file(path, &text);
    const unsigned long count = strtoul(text.data, NULL, 10);
    buf_release(&text);
    stage_close(&stage);
    return count;
}

/* Exit 0, or exit 1 with lines that are ours and one of them an error. */
static void judge_end(const struct stage *s, struct checker_report *report)
{
    const struct stage_run_state *r = &s->runs[RUN_FIRST];
    bool ours = true;
    if (r->exit_code == 0)
        return;
    for (const char *line = r->err.data; *line != '\0';) {
        const size_t len = strcspn(line, "\n");
        ours = ours && strncmp(line, line_start, strlen(line_start)) == 0 && line[len] == '\n';
        line += line[len] == '\n' ? len + 1 : len;
    }
    if (r->exit_code != 1 || !ours || strstr(r->err.data, "error: ") == NULL)
        checker_break(report, INVARIANT_CONVERGES, "starved, it ended with %d: %.2000s",
                      r->exit_code, r->err.data);
}

static void run_case(struct tally *t, const struct scene *scene, bool own, unsigned long at)
{
    struct stage stage;
    struct checker_report report;
    char name[NAME_ROOM];
    char path[FIXTURE_PATH_MAX];
    snprintf(name, sizeof name, "%s/starve%s/%lu", scene->name, own ? "-own" : "", at);
    checker_report_init(&report);
    stage_open(&stage, scene, NULL);
    starve(&stage, own, at, path);
    (void)stage_run(&stage, RUN_FIRST);
    judge_end(&stage, &report);
    if (scene->plain)
        checker_judge_plain(stage.fixture->server, &stage.ledger, &stage.scope, true, &report);
    (void)stage_run(&stage, RUN_SECOND); /* so that there is something to recover */
    stage_finish(&stage, &report);
    tally_note(t, name, "an allocation failed", &report);
    stage_close(&stage);
    checker_report_release(&report);
}

void starve_many(struct tally *t, const struct scene *scene, bool own, unsigned step)
{
    const unsigned long count = count_of(scene, own);
    for (unsigned long at = 1; at <= count; at += step)
        if (tally_take(t))
            run_case(t, scene, own, at);
}

bool starve_case(struct tally *t, const char *name)
{
    static const char way[] = "/starve";
    static const char own_way[] = "-own";
    char *end;
    const char *at = strstr(name, way);
    const struct scene *scene = at != NULL ? scene_find(name, (size_t)(at - name)) : NULL;
    if (scene == NULL)
        return false;
    at += strlen(way);
    const bool own = strncmp(at, own_way, strlen(own_way)) == 0;
    at += own ? strlen(own_way) : 0;
    const unsigned long number = *at == '/' ? strtoul(at + 1, &end, 10) : 0;
    if (number == 0 || *end != '\0')
        return false;
    run_case(t, scene, own, number);
    return true;
}
