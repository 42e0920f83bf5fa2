/* SPDX-License-Identifier: MIT */
/* report - lines for people. */
#include "compactor/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/units.h"

#define LINE_MAX_BYTES 4096

static const char *label(const struct partition_result *p)
{
    return p->date[0] != '\0' || p->source_prefix == NULL ? p->date : p->source_prefix;
}

/* Keys may hold control characters, which must not break a line or paint the terminal. */
static void append_printable(struct buf *line, const char *text)
{
    for (; *text != '\0'; text++)
        buf_append_char(line, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void print_output(struct report *r, const struct partition_result *p,
                         const struct result_output *o)
{
    struct buf line;
    const char *const verb = o->written                          ? ""
                             : o->decision == DECISION_UNCHANGED ? "  unchanged"
                             : o->decision == DECISION_REPLACE   ? "  would replace"
                                                                 : "  would write";
    buf_init(&line, LINE_MAX_BYTES);
    append_printable(&line, label(p));
    buf_append_str(&line, "  ");
    count_append(&line, o->sources);
    buf_append_str(&line, o->sources == 1 ? " object  " : " objects  ");
    size_append(&line, o->source_bytes);
    if (o->copied_bytes > 0) {
        buf_append_str(&line, ", ");
        size_append(&line, o->copied_bytes);
        buf_append_str(&line, " of it copied by the server");
    }
    buf_append_str(&line, verb);
    buf_printf(&line, " -> s3://%s/", r->job->selection.destination.bucket);
    append_printable(&line, o->key);
    buf_append_char(&line, '\n');
    fputs(line.data, r->out);
    buf_release(&line);
}

/* Lines on stdout and the progress on stderr may share a terminal: one makes room for the other. */
static void print_partition(struct report *r, const struct partition_result *p)
{
    progress_clear(r->log->progress);
    for (unsigned i = 0; i < p->output_count && !r->quiet; i++)
        print_output(r, p, &p->outputs[i]);
    if (p->reason != NULL && !r->quiet)
        fprintf(r->out, "%s  skipped: %s\n", label(p), p->reason);
    fflush(r->out);
    for (unsigned i = 0; i < p->warning_count; i++)
        log_warning(r->log, "%s: %s", label(p), p->warnings[i]);
    if (p->error != NULL)
        log_error(r->log, "%s: %s", label(p), p->error);
}

void report_partition(struct report *r)
{
    const struct run_summary *s = r->summary;
    while (r->next < s->count && s->results[r->next].status != PARTITION_PENDING)
        print_partition(r, &s->results[r->next++]);
    progress_redraw(r->log->progress);
}

static void append_counts(struct buf *line, const struct run_summary *s)
{
    static const enum partition_status order[] = {PARTITION_COMPACTED, PARTITION_PLANNED,
                                                  PARTITION_UNCHANGED, PARTITION_SKIPPED,
                                                  PARTITION_EMPTY,     PARTITION_FAILED};
    const char *separator = ": ";
    count_append(line, s->count);
    buf_append_str(line, s->count == 1 ? " partition" : " partitions");
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (s->by_status[order[i]] == 0)
            continue;
        buf_append_str(line, separator);
        count_append(line, s->by_status[order[i]]);
        buf_printf(line, " %s", partition_status_name(order[i]));
        separator = ", ";
    }
}

static void append_work(struct buf *line, const struct run_summary *s, double work_s)
{
    buf_append_str(line, "; ");
    count_append(line, s->objects);
    buf_append_str(line, s->objects == 1 ? " object, " : " objects, ");
    size_append(line, s->bytes);
    buf_append_str(line, " in ");
    duration_append_s(line, work_s);
    if (s->objects == 0 || work_s <= 0)
        return;
    buf_append_str(line, " (");
    count_append(line, (uint64_t)((double)s->objects / work_s + 0.5));
    buf_append_str(line, " objects/s)");
}

void report_totals(struct report *r, double work_s)
{
    const struct run_summary *s = r->summary;
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    append_counts(&line, s);
    if (r->job->dry_run)
        report_append_cost(&line, r->job, s);
    else
        append_work(&line, s, work_s);
    if (!r->quiet)
        fprintf(r->out, "%s\n", line.data);
    fflush(r->out);
    buf_release(&line);
    if (s->interrupted)
        log_note(r->log, "interrupted; run the same command again to go on: what is done is "
                         "skipped");
    else if (s->by_status[PARTITION_FAILED] > 0)
        log_note(r->log,
                 "%" PRIu64 " of %" PRIu64 " partitions failed; run the same command "
                 "again to go on: what is done is skipped",
                 s->by_status[PARTITION_FAILED], s->count);
}
