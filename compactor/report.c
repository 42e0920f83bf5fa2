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

static const char *open_verb(enum output_seen seen)
{
    switch (seen) {
    case SEEN_OUTPUT:
        return "open, written";
    case SEEN_TOMBSTONE:
        return "open, given up";
    case SEEN_FOREIGN:
        return "open, another object in its place";
    case SEEN_ABSENT:
    case SEEN_NOT_LOOKED:
        break;
    }
    return "open, not written";
}

/* What stands between an output's size and its key; "" for one that was plainly written. */
static const char *verb_of(const struct report *r, const struct result_output *o)
{
    const bool looks = r->job->safe.enabled && r->job->safe.task != SAFE_TASK_COMPACT;
    if (looks && o->state != NULL && r->job->safe.task == SAFE_TASK_VERIFY && o->read_back)
        return "verified";
    if (looks && o->state != NULL && r->job->safe.task != SAFE_TASK_RECOVER)
        return strcmp(o->state, "open") == 0 ? open_verb(o->seen) : o->state;
    if (o->written)
        return o->deleted > 0 ? "joined and deleted" : "";
    if (o->state != NULL)
        return o->deleted > 0 ? "deleted" : o->state;
    return o->decision == DECISION_UNCHANGED ? "unchanged"
           : o->decision == DECISION_REPLACE ? "would replace"
                                             : "would write";
}

static void print_output(struct report *r, const struct partition_result *p,
                         const struct result_output *o)
{
    struct buf line;
    const char *const verb = verb_of(r, o);
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
    buf_printf(&line, "%s%s", verb[0] != '\0' ? "  " : "", verb);
    buf_printf(&line, " -> s3://%s/", r->job->selection.destination.bucket);
    append_printable(&line, o->key);
    buf_append_char(&line, '\n');
    fputs(line.data, r->out);
    buf_release(&line);
}

static void print_repeated(struct report *r)
{
    if (r->repeated > 0)
        log_error(r->log, "%" PRIu64 " more %s failed in the same way", r->repeated,
                  r->repeated == 1 ? "partition" : "partitions");
    r->repeated = 0;
}

/* A wrong key or a missing bucket fails every partition: it is said once, and the rest counted. */
static void print_error(struct report *r, const struct partition_result *p)
{
    if (r->last_error != NULL && strcmp(r->last_error, p->error) == 0) {
        r->repeated++;
        return;
    }
    print_repeated(r);
    r->last_error = p->error;
    log_error(r->log, "%s: %s", label(p), p->error);
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
        print_error(r, p);
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

/* For the verbs that look at a log: its generations by state. */
static void append_generations(struct buf *line, const struct run_summary *s)
{
    uint64_t total = 0;
    uint64_t by_state[GENERATION_ABANDONED + 1] = {0};
    for (uint64_t i = 0; i < s->count; i++)
        for (unsigned k = 0; k < s->results[i].output_count; k++)
            for (int state = 0; state <= GENERATION_ABANDONED; state++) {
                const char *name = generation_state_name((enum generation_state)state);
                const bool is = strcmp(s->results[i].outputs[k].state, name) == 0;
                by_state[state] += is;
                total += is;
            }
    count_append(line, s->count);
    buf_append_str(line, s->count == 1 ? " partition, " : " partitions, ");
    count_append(line, total);
    buf_append_str(line, total == 1 ? " generation" : " generations");
    const char *separator = ": ";
    for (int state = 0; state <= GENERATION_ABANDONED; state++) {
        if (by_state[state] == 0)
            continue;
        buf_append_str(line, separator);
        count_append(line, by_state[state]);
        buf_printf(line, " %s", generation_state_name((enum generation_state)state));
        separator = ", ";
    }
    if (s->by_status[PARTITION_FAILED] == 0)
        return;
    buf_append_str(line, "; ");
    count_append(line, s->by_status[PARTITION_FAILED]);
    buf_append_str(line, s->by_status[PARTITION_FAILED] == 1 ? " partition failed"
                                                             : " partitions failed");
}

static void append_deleted(struct buf *line, const struct run_summary *s)
{
    if (s->deleted == 0)
        return;
    buf_append_str(line, "; ");
    count_append(line, s->deleted);
    buf_append_str(line, s->deleted == 1 ? " source deleted" : " sources deleted");
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
    print_repeated(r);
    buf_init(&line, LINE_MAX_BYTES);
    if (r->job->safe.enabled &&
        (r->job->safe.task == SAFE_TASK_STATUS || r->job->safe.task == SAFE_TASK_VERIFY)) {
        append_generations(&line, s);
    } else {
        append_counts(&line, s);
        if (r->job->dry_run)
            report_append_cost(&line, r->job, s);
        else
            append_work(&line, s, work_s);
        append_deleted(&line, s);
    }
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
