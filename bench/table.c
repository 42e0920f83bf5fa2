/* SPDX-License-Identifier: MIT */
/* table - results for the terminal and for spreadsheets. */
#include "bench/table.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/units.h"

static void append_heading(struct buf *out, const struct result *r, const struct summary *s)
{
    const struct result_settings *set = &r->settings;
    if (set->simulated)
        buf_printf(out, "simulated: profile %s on the embedded server; ", set->profile);
    else
        buf_printf(out, "endpoint %s; ", set->endpoint);
    count_append(out, set->objects);
    buf_append_str(out, " objects, ");
    size_append(out, set->dataset_bytes);
    buf_printf(out, ", %zu dates; %u rounds", r->partition_count, s->rounds);
    if (s->indicative)
        buf_printf(out, " (indicative: fewer than %d)", SUMMARY_ROUNDS_MIN);
    buf_append_str(out, "\n\n");
}

static void append_interval(char *out, size_t room, const struct stats_interval *v)
{
    if (v->n > 1)
        snprintf(out, room, "%.2f to %.2f", v->low, v->high);
    else
        snprintf(out, room, "-");
}

static void append_row(struct buf *out, const struct result *r, const struct summary *s, size_t i)
{
    const struct cell *cell = &r->plan.cells[i];
    const struct cell_summary *c = &s->cells[i];
    char interval[48];
    if (c->wall_s.n == 0)
        return;
    append_interval(interval, sizeof interval, &c->speedup);
    const char *note = cell->role == CELL_BASE      ? "  base"
                       : cell->role == CELL_CONTROL ? "  base again: the noise floor"
                       : i == r->plan.headline      ? "  headline"
                                                    : "";
    buf_printf(out, "%-16s %9.3f %11.0f %9.2f   %-18s%s%s\n", cell->name, c->wall_s.estimate,
               c->objects_per_s.estimate, c->speedup.estimate, interval, note,
               c->client_bound ? "  (client-bound)" : "");
}

void table_append(struct buf *out, const struct result *r, const struct summary *s)
{
    append_heading(out, r, s);
    buf_printf(out, "%-16s %9s %11s %9s   %s\n", "cell", "seconds", "objects/s", "speedup",
               "95 % interval");
    for (size_t i = 0; i < r->plan.count; i++)
        append_row(out, r, s, i);
    if (s->ceiling > 0)
        buf_printf(out, "\nwhole partitions in parallel can be at most %.1f times as fast here\n",
                   s->ceiling);
    if (r->settings.rounds > s->rounds && r->stopped[0] != '\0')
        buf_printf(out, "stopped early: %s\n", r->stopped);
}

void table_append_csv(struct buf *out, const struct result *r)
{
    buf_append_str(out, "round,position,cell,mode,concurrency,wall_s,work_s,user_s,system_s,"
                        "max_rss_bytes,requests,attempts,retries\n");
    for (size_t i = 0; i < r->sample_count; i++) {
        const struct sample *s = &r->samples[i];
        const struct cell *cell = &r->plan.cells[s->cell];
        buf_printf(out,
                   "%u,%u,%s,%s,%u,%.6f,%.6f,%.6f,%.6f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
                   "\n",
                   s->round, s->position, cell->name, cell_mode_name(cell->mode), cell->concurrency,
                   s->wall_s, s->work_s, s->user_s, s->system_s, s->max_rss_bytes, s->requests,
                   s->attempts, s->retries);
    }
}
