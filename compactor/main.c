/* SPDX-License-Identifier: MIT */
/* s3-compact - joins each date partition's small objects into few large ones. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compactor/discover.h"
#include "compactor/options.h"
#include "compactor/report.h"
#include "compactor/run.h"
#include "compactor/safe/config.h"
#include "compactor/safe/opening.h"
#include "compactor/safe/probe.h"
#include "compactor/safe/scratch.h"
#include "lib/s3/list.h"
#include "lib/tool/exit_code.h"
#include "lib/tool/print.h"
#include "lib/tool/signals.h"
#include "lib/tool/terminal.h"

#define PROGRAM        "s3-compact"
#define JSON_MAX_BYTES (UINT64_C(1) << 30)

struct program {
    struct compact_options options;
    struct job job;
    struct s3_uri destination; /* of the verbs that take nothing else */
    struct log log;
    struct connection connection;
    struct connection beside;    /* to the destination, where it is reached in another way */
    struct s3_counters counters; /* of both, for the result */
    struct report report;
    struct run_summary summary;
    struct mono began;
    double work_s;
};

static double since(struct mono began)
{
    return mono_since_s(clock_mono(clock_system()), began);
}

/* ---- results ---- */

/* Of both sides; NULL before there was a connection. */
static const struct s3_counters *all_counters(struct program *p)
{
    if (p->connection.client == NULL)
        return NULL;
    p->counters = *s3_client_counters(p->connection.client);
    if (p->beside.client != NULL)
        s3_counters_merge(&p->counters, s3_client_counters(p->beside.client));
    /* Merged, it is the larger of the two. */
    if (p->summary.in_flight_seen > p->counters.in_flight_max)
        p->counters.in_flight_max = p->summary.in_flight_seen;
    return &p->counters;
}

static int print_json(struct program *p, const struct error *error, int code)
{
    struct buf out;
    struct error trouble;
    const bool ran = p->summary.results != NULL;
    const struct report_times times = {since(p->began), p->work_s};
    buf_init(&out, JSON_MAX_BYTES);
    if (report_json(&p->job, ran ? &p->summary : NULL, all_counters(p), &times, error, &out,
                    &trouble) != STATUS_OK) {
        log_error(&p->log, "%s", trouble.text);
        buf_release(&out);
        return EXIT_WORK_FAILED;
    }
    const int printed = print_result(&p->log, &out);
    buf_release(&out);
    return printed == EXIT_DONE ? code : printed;
}

/* One line on stderr and, with --json, the document that says so too. */
static int fail(struct program *p, const struct error *error)
{
    log_error(&p->log, "%s", error->text);
    int code = error->status == STATUS_INVALID ? EXIT_USAGE : EXIT_WORK_FAILED;
    if (error->status == STATUS_CANCELLED && signals_received() != 0)
        code = signals_exit_code(signals_received());
    return p->options.output.json ? print_json(p, error, code) : code;
}

/* ---- when no date matched anything ---- */

struct example {
    char key[S3_KEY_MAX + 1];
    bool over;
    enum status status;
};

static enum status on_example(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    struct example *e = ctx;
    (void)err;
    if (e->key[0] == '\0')
        memcpy(e->key, entry->key, entry->key_len + 1);
    return STATUS_OK;
}

static void on_example_page(void *ctx, enum status status, const struct error *error,
                            const struct s3_reply *reply)
{
    struct example *e = ctx;
    (void)error;
    (void)reply;
    e->over = true;
    e->status = status;
}

static enum status find_example(struct program *p, struct example *e)
{
    static struct s3_lister lister; /* large, and only ever one */
    const struct s3_uri *source = &p->job.selection.sources[0];
    s3_lister_init(
        &lister, &(struct s3_list){.bucket = source->bucket, .prefix = source->key, .max_keys = 1});
    enum status status =
        s3_lister_next(&lister, p->connection.client, on_example, on_example_page, e, NULL);
    while (status == STATUS_OK && !e->over)
        status = s3_client_poll(p->connection.client, 1000, NULL);
    return status == STATUS_OK ? e->status : status;
}

/* A partition as it would be named: the last selected one, or where none was found, today's. */
static enum status expected_name(const struct program *p, struct partition_name *out)
{
    if (p->summary.count > 0)
        return selection_get(&p->job.selection, p->summary.count - 1, out, NULL);
    struct selection today = p->job.selection;
    struct civil_hour now = {p->job.now_unix_s / 3600};
    today.dates = &now;
    return selection_get(&today, 0, out, NULL);
}

/* A mistyped source or format looks like success otherwise. */
static void explain_nothing(struct program *p)
{
    struct example example = {0};
    struct partition_name name;
    const struct s3_uri *source = &p->job.selection.sources[0];
    if (p->summary.count == 0 && !p->job.selection.discover) {
        log_note(&p->log, "no dates were selected");
        return;
    }
    if (expected_name(p, &name) != STATUS_OK || find_example(p, &example) != STATUS_OK)
        return;
    if (example.key[0] == '\0')
        log_warning(&p->log, "nothing to compact: there is no object under s3://%s/%s",
                    source->bucket, source->key);
    else
        log_warning(&p->log,
                    "nothing to compact: expected keys such as \"%s...\", but one found under "
                    "s3://%s/%s is \"%s\"",
                    name.source_prefix, source->bucket, source->key, example.key);
}

/* ---- the verbs ---- */

static void on_finished(void *ctx, uint64_t index)
{
    struct program *p = ctx;
    (void)index;
    report_partition(&p->report);
}

static int exit_code_of(const struct program *p)
{
    const struct run_summary *s = &p->summary;
    if (s->interrupted)
        return signals_exit_code(signals_received());
    const bool nothing = s->by_status[PARTITION_EMPTY] == s->count;
    const bool missing = p->job.require_objects && nothing;
    return s->by_status[PARTITION_FAILED] > 0 || missing ? EXIT_WORK_FAILED : EXIT_DONE;
}

static struct s3_client *destination_client(const struct program *p)
{
    return p->beside.client != NULL ? p->beside.client : p->connection.client;
}

static enum status connect(struct program *p, struct error *err)
{
    p->options.connect.expected_source_owner = p->options.connect.expected_bucket_owner;
    enum status status =
        connection_open(&p->options.connect, p->job.concurrency, &p->log, &p->connection, err);
    struct connect_options other = p->options.connect; /* of the destination */
    if (status == STATUS_OK && destination_connect(&p->options.destination, &other)) {
        status = connection_open_beside(&other, &p->connection, &p->log, &p->beside, err);
        if (status != STATUS_OK)
            error_prefix(err, "DST");
    }
    if (status != STATUS_OK || !p->job.selection.discover)
        return status;
    return discover_dates(&(struct discover_options){.client = p->connection.client,
                                                     .concurrency = p->job.concurrency,
                                                     .interrupted = signals_received},
                          &p->job.selection, err);
}

/* Whether the servers can be trusted to delete only what was meant. */
static enum status probe(struct program *p, struct error *err)
{
    struct probe_result result;
    enum status status =
        probe_conditions(p->connection.client, destination_client(p), &p->job, &result, err);
    if (status != STATUS_OK && p->job.safe.unconditional) {
        log_warning(&p->log, "%s; deleting nevertheless, as --allow-unconditional-delete says",
                    err->text);
        status = STATUS_OK;
    } else if (status != STATUS_OK) {
        const struct error found = *err;
        return error_set(err, STATUS_REMOTE,
                         "%s; nothing is deleted. --allow-unconditional-delete takes the risk that "
                         "a source replaced at that moment is lost",
                         found.text);
    }
    if (result.versioned)
        log_warning(&p->log,
                    "the source bucket keeps versions: deleting frees no space before they "
                    "expire");
    return status;
}

/* What has to hold before the first partition is looked at. */
static enum status prepare(struct program *p, struct error *err)
{
    struct s3_client *client = destination_client(p);
    const struct safe_options *safe = &p->job.safe;
    if (safe->task == SAFE_TASK_COMPACT && selection_count(&p->job.selection) == 0)
        return STATUS_OK;
    if (!safe->enabled)
        return config_refuse_state(client, &p->job, err);
    enum status status = STATUS_OK;
    if (safe->task == SAFE_TASK_COMPACT)
        status = config_ensure(client, &p->job, !p->job.dry_run, err);
    else
        status = opening_read_log(client, &p->destination, &p->job, err);
    if (status == STATUS_OK && safe->task == SAFE_TASK_RECOVER)
        status = scratch_sweep(client, &p->job, err);
    if (status == STATUS_OK && safe->deletes && !p->job.dry_run)
        status = probe(p, err);
    return status;
}

static int compact(struct program *p)
{
    struct error error;
    enum status status = connect(p, &error);
    if (status == STATUS_OK)
        status = prepare(p, &error);
    if (status != STATUS_OK)
        return fail(p, &error);
    struct progress *progress =
        terminal_progress(&p->options.output, p->job.dry_run ? "looking" : "compacting");
    p->log.progress = progress;
    const struct mono work_began = clock_mono(clock_system());
    p->report = (struct report){.job = &p->job,
                                .summary = &p->summary,
                                .log = &p->log,
                                .out = stdout,
                                .quiet = p->options.output.quiet || p->options.output.json};
    status = run_job(&(struct run_options){.job = &p->job,
                                           .source = p->connection.client,
                                           .destination = destination_client(p),
                                           .progress = progress,
                                           .on_finished = on_finished,
                                           .ctx = p,
                                           .interrupted = signals_received},
                     &p->summary, &error);
    p->work_s = since(work_began);
    /* A run lists and looks as its dry run did. */
    const struct s3_counters *sent = all_counters(p);
    p->summary.cost.requests.lists += sent->op[S3_LIST_OBJECTS].requests;
    p->summary.cost.requests.heads += sent->op[S3_HEAD_OBJECT].requests;
    p->log.progress = NULL;
    progress_free(progress);
    if (status != STATUS_OK)
        return fail(p, &error);
    report_totals(&p->report, p->work_s);
    if (p->job.safe.task == SAFE_TASK_COMPACT &&
        p->summary.by_status[PARTITION_EMPTY] == p->summary.count && !p->summary.interrupted)
        explain_nothing(p);
    const int code = exit_code_of(p);
    /* Lines went out as partitions finished; whether they all arrived shows at the end. */
    return p->options.output.json ? print_json(p, NULL, code) : print_finish(&p->log, code);
}

static int print_plan(struct program *p)
{
    struct buf out;
    struct error error;
    buf_init(&out, JSON_MAX_BYTES);
    enum status status = p->job.selection.discover ? connect(p, &error) : STATUS_OK;
    if (status == STATUS_OK)
        status = report_plan(&p->job.selection, &out, &error);
    const int code = status == STATUS_OK ? print_result(&p->log, &out) : fail(p, &error);
    buf_release(&out);
    return code;
}

static int usage_error(struct program *p, const struct cli_verb *verb, const char *text)
{
    log_error(&p->log, "%s (see %s %s --help)", text, PROGRAM, verb->name);
    return EXIT_USAGE;
}

/* `first` is the first argument, NULL when there is none: mostly a verb that is none. */
static enum status wrong_arguments(const char *first, struct error *err)
{
    if (first == NULL || strncmp(first, "s3://", 5) == 0)
        return error_set(err, STATUS_INVALID, "a source and a destination are needed: SRC... DST");
    return error_set(err, STATUS_INVALID, "\"%.200s\" is neither a verb nor an s3:// URI", first);
}

/* The verbs that take a destination alone; SAFE_TASK_COMPACT for the others. */
static enum safe_task task_of(const struct cli_verb *verb)
{
    if (strcmp(verb->name, "status") == 0)
        return SAFE_TASK_STATUS;
    if (strcmp(verb->name, "recover") == 0)
        return SAFE_TASK_RECOVER;
    return strcmp(verb->name, "verify") == 0 ? SAFE_TASK_VERIFY : SAFE_TASK_COMPACT;
}

/* From the words after the verb to a job. */
static enum status read_job(struct program *p, const struct cli_verb *verb, char **words, int count,
                            struct error *err)
{
    const enum safe_task task = task_of(verb);
    const struct wall now = clock_wall(clock_system());
    if (task == SAFE_TASK_COMPACT && count < 2)
        return wrong_arguments(count > 0 ? words[0] : NULL, err);
    if (task == SAFE_TASK_COMPACT)
        return compact_job(&p->options, words, count, strcmp(verb->name, "one") == 0, now, &p->job,
                           err);
    if (count != 1)
        return error_set(err, STATUS_INVALID, "one destination is needed: DST");
    return compact_log_job(&p->options, task, words[0], now, &p->job, &p->destination, err);
}

static const struct cli_verb *find_verb(int *argc, char ***argv)
{
    const struct cli_verb *verb = compact_verbs;
    for (; *argc > 0 && verb->name != NULL; verb++)
        if (strcmp((*argv)[0], verb->name) == 0) {
            (*argc)--;
            (*argv)++;
            return verb;
        }
    return compact_verbs; /* run */
}

static int print_overview(struct program *p)
{
    struct buf out;
    buf_init(&out, 65536);
    cli_help_verbs(PROGRAM, "Joins the many small objects of date partitions into few large ones.",
                   compact_verbs, &out);
    const int code = print_result(&p->log, &out);
    buf_release(&out);
    return code;
}

int main(int argc, char **argv)
{
    static struct program program; /* zeroed, and too large for comfort on a stack */
    struct program *p = &program;
    struct cli_result parsed;
    struct error error;
    p->began = clock_mono(clock_system());
    p->log = (struct log){.program = PROGRAM, .fd = STDERR_FILENO};
    compact_options_init(&p->options);
    argc--;
    argv++;
    if (argc == 1 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "help") == 0))
        return print_overview(p);
    const struct cli_verb *verb = find_verb(&argc, &argv);
    if (cli_parse(verb->options, &p->options, argc, argv, &parsed, &error) != STATUS_OK)
        return usage_error(p, verb, error.text);
    if (parsed.given_help)
        return print_help(&p->log, verb);
    if (parsed.given_version)
        return print_version(&p->log);
    p->log.quiet = p->options.output.quiet;
    p->log.debug = p->options.output.verbose;
    if (read_job(p, verb, argv, parsed.positional_count, &error) != STATUS_OK)
        return usage_error(p, verb, error.text);
    signals_install();
    const int code = strcmp(verb->name, "plan") == 0 ? print_plan(p) : compact(p);
    run_summary_release(&p->summary);
    selection_release(&p->job.selection);
    connection_close(&p->beside);
    connection_close(&p->connection);
    return code;
}
