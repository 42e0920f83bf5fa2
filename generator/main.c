/* SPDX-License-Identifier: MIT */
/* s3-generate - fills a bucket, or a directory, with small date-partitioned objects. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generator/directory.h"
#include "generator/generate.h"
#include "generator/options.h"
#include "generator/report.h"
#include "generator/rows.h"
#include "generator/upload.h"
#include "lib/base/rng.h"
#include "lib/tool/exit_code.h"
#include "lib/tool/prices.h"
#include "lib/tool/print.h"
#include "lib/tool/signals.h"
#include "lib/tool/terminal.h"

#define PROGRAM    "s3-generate"
#define OUTPUT_MAX (1u << 20) /* bytes of a report */

struct program {
    struct generate_options options;
    struct dataset dataset;
    struct log log;
    struct connection connection;
    struct sink *sink;
    struct manifest_writer *manifest;
    struct progress *progress;
};

static bool interrupted(void)
{
    return signals_received() != 0;
}

/* A seed that was not given is short enough to be typed again. */
static enum status draw_seed(struct seed_option *seed, struct error *err)
{
    uint32_t drawn;
    if (rng_entropy(&drawn, sizeof drawn) != 0)
        return error_set(err, STATUS_INVALID, "no source of random numbers: give --seed N");
    *seed = (struct seed_option){.given = true, .value = drawn};
    return STATUS_OK;
}

static enum status understand(struct program *p, const struct cli_result *parsed, char **argv,
                              struct error *err)
{
    struct generate_options *o = &p->options;
    p->log.quiet = o->output.quiet;
    p->log.debug = o->output.verbose;
    if (parsed->positional_count > 0)
        return error_set(err, STATUS_INVALID, "unexpected argument '%s'", argv[0]);
    enum status status = options_check(o, err);
    if (status == STATUS_OK && !o->seed.given)
        status = draw_seed(&o->seed, err);
    if (status == STATUS_OK)
        status = options_dataset(o, clock_wall(clock_system()), &p->dataset, err);
    size_t len = strlen(o->prefix);
    if (status == STATUS_OK && len > 0 && o->prefix[len - 1] != '/')
        log_warning(&p->log, "--prefix %s has no final slash: dates are appended to it as it is",
                    o->prefix);
    return status;
}

/* On AWS a run costs money: say how much, and ask for consent where it is not small change. */
static enum status agree_on_cost(struct program *p, struct error *err)
{
    if (!s3_client_endpoint(p->connection.client)->costs_money)
        return STATUS_OK;
    struct estimate e = estimate_upload(&p->options, &p->dataset);
    struct buf text;
    buf_init(&text, ERROR_TEXT_MAX);
    estimate_append(&e, &text);
    enum status status = buf_status(&text, "estimate", err);
    if (status == STATUS_OK)
        log_note(&p->log, "on AWS: %s", text.data);
    if (status == STATUS_OK && e.cost_usd > PRICES_CONSENT_ABOVE && !p->options.yes)
        status = error_set(err, STATUS_INVALID, "this run makes %s: add --yes to go on", text.data);
    buf_release(&text);
    return status;
}

static enum status open_connection(struct program *p, struct error *err)
{
    if (!options_upload(&p->options))
        return STATUS_OK;
    unsigned width = upload_width((unsigned)p->options.concurrency, rows_size_max(&p->dataset));
    if (width < p->options.concurrency)
        log_note(&p->log, "files this large: %u uploads at once instead of %" PRIu64, width,
                 p->options.concurrency);
    enum status status = connection_open(&p->options.connect, width, &p->log, &p->connection, err);
    return status == STATUS_OK ? agree_on_cost(p, err) : status;
}

static enum status open_sink(struct program *p, struct error *err)
{
    const struct generate_options *o = &p->options;
    uint64_t size_max = rows_size_max(&p->dataset);
    if (o->dry_run)
        return sink_discard_new(size_max, &p->sink, err);
    if (o->to_dir)
        return sink_directory_new(o->to_dir, size_max, &p->sink, err);
    const struct upload_options upload = {
        .client = p->connection.client,
        .bucket = o->bucket,
        .content_type = o->reference ? NULL : "application/x-ndjson",
        .concurrency = (unsigned)o->concurrency,
        .file_size_max = size_max,
        .cancelled = interrupted,
    };
    return sink_upload_new(&upload, &p->sink, err);
}

static enum status open_manifest(struct program *p, struct error *err)
{
    struct s3_uri uri;
    struct manifest_head head;
    if (!p->options.manifest)
        return STATUS_OK;
    manifest_head_init(&head, &p->dataset, p->options.bucket);
    const char *path = options_manifest_uri(&p->options, &uri) ? NULL : p->options.manifest;
    return manifest_writer_new(path, &head, &p->manifest, err);
}

static enum status store_manifest(struct program *p, struct error *err)
{
    struct s3_uri uri;
    uint64_t size;
    if (!p->manifest)
        return STATUS_OK;
    enum status status = manifest_writer_commit(p->manifest, err);
    if (status != STATUS_OK || !options_manifest_uri(&p->options, &uri))
        return status;
    int fd = manifest_writer_fd(p->manifest, &size);
    return upload_file(p->connection.client, uri.bucket, uri.key, fd, size, interrupted, err);
}

static void open_progress(struct program *p)
{
    p->progress = terminal_progress(&p->options.output, "generating");
    p->log.progress = p->progress;
    progress_expect(p->progress, p->dataset.files, p->dataset.files * rows_size_mean(&p->dataset));
}

static enum status work(struct program *p, struct error *err)
{
    enum status status = open_manifest(p, err);
    if (status == STATUS_OK && p->options.create_bucket)
        status = upload_create_bucket(p->connection.client, p->options.bucket, interrupted, err);
    if (status == STATUS_OK)
        status = open_sink(p, err);
    if (status != STATUS_OK)
        return status;
    open_progress(p);
    const struct generate run = {.dataset = &p->dataset,
                                 .sink = p->sink,
                                 .manifest = p->manifest,
                                 .progress = p->progress,
                                 .cancelled = interrupted};
    status = generate_run(&run, err);
    return status == STATUS_OK ? store_manifest(p, err) : status;
}

static void say_what_failed(struct program *p, const struct outcome *r)
{
    struct buf again;
    buf_init(&again, ERROR_TEXT_MAX);
    report_same_again(r->dataset, &again);
    if (r->error->status == STATUS_CANCELLED)
        log_error(&p->log,
                  "interrupted after %" PRIu64 " of %" PRIu64
                  " objects; for the same objects run it again with %s",
                  r->objects, r->dataset->files, again.data);
    else
        log_error(&p->log, "%s", r->error->text);
    buf_release(&again);
}

static int tell(struct program *p, const struct outcome *r)
{
    int code = EXIT_DONE;
    progress_free(p->progress);
    p->progress = NULL;
    p->log.progress = NULL;
    if (r->error) {
        say_what_failed(p, r);
        int signal_number = signals_received();
        code = r->error->status == STATUS_CANCELLED && signal_number
                   ? signals_exit_code(signal_number)
                   : EXIT_WORK_FAILED;
    }
    struct buf text;
    buf_init(&text, OUTPUT_MAX);
    if (r->options->output.json)
        report_json(r, &text);
    else if (!r->error && !r->options->output.quiet)
        report_text(r, &text);
    int printed = print_result(&p->log, &text);
    buf_release(&text);
    return code != EXIT_DONE ? code : printed;
}

/* `status` tells whether the connection stands; if not, `err` says why, and that is the outcome. */
static int run(struct program *p, enum status status, struct error *err)
{
    struct mono started = clock_mono(clock_system());
    if (status == STATUS_OK)
        status = work(p, err);
    const struct outcome outcome = {
        .options = &p->options,
        .dataset = &p->dataset,
        .objects = p->sink ? p->sink->objects : 0,
        .bytes = p->sink ? p->sink->bytes : 0,
        .seconds = mono_since_s(clock_mono(clock_system()), started),
        .counters = p->connection.client ? s3_client_counters(p->connection.client) : NULL,
        .error = status == STATUS_OK ? NULL : err,
    };
    return tell(p, &outcome);
}

/* The client first: requests still in flight end with it, and they use the sink's memory. */
static void program_release(struct program *p)
{
    connection_close(&p->connection);
    sink_free(p->sink);
    manifest_writer_free(p->manifest);
    progress_free(p->progress);
}

int main(int argc, char **argv)
{
    struct program p = {.options = options_default(),
                        .log = {.program = PROGRAM, .fd = STDERR_FILENO}};
    struct cli_result parsed;
    struct error err;
    int code;
    enum status status =
        cli_parse(generate_verb.options, &p.options, argc - 1, argv + 1, &parsed, &err);
    if (status == STATUS_OK && (parsed.given_help || parsed.given_version))
        return parsed.given_help ? print_help(&p.log, &generate_verb) : print_version(&p.log);
    if (status == STATUS_OK)
        status = understand(&p, &parsed, argv + 1, &err);
    signals_install();
    if (status == STATUS_OK)
        status = open_connection(&p, &err);
    if (status == STATUS_INVALID) {
        log_error(&p.log, "%s", err.text);
        code = EXIT_USAGE;
    } else {
        code = run(&p, status, &err);
    }
    program_release(&p);
    return code;
}
