/* SPDX-License-Identifier: MIT */
/* tally - see tally.h. */
#include "tests/torture/tally.h"

#include <stdio.h>

bool tally_take(struct tally *t)
{
    return t->next++ % t->shares == t->share;
}

static void print_lines(const char *text)
{
    while (*text != '\0') {
        const char *end = text;
        while (*end != '\0' && *end != '\n')
            end++;
        printf("    %.*s\n", (int)(end - text), text);
        text = *end == '\n' ? end + 1 : end;
    }
}

void tally_note(struct tally *t, const char *name, const char *about,
                const struct checker_report *report)
{
    t->cases++;
    for (int i = 0; i < INVARIANT_COUNT; i++)
        t->broken[i] += report->broken[i] > 0;
    if (checker_report_count(report) == 0)
        return;
    t->failures++;
    if (t->quiet)
        return;
    printf("failed: %s (%s)\n", name, about);
    print_lines(report->text.data);
    printf("    again: %s case %s%s%s\n", t->program, name,
           t->guard_down != NULL ? " --guard-down " : "",
           t->guard_down != NULL ? t->guard_down : "");
    (void)fflush(stdout);
}
