/* SPDX-License-Identifier: MIT */
/* report - see report.h. */
#include "generator/report.h"

#include <inttypes.h>
#include <string.h>

#include "generator/manifest.h"
#include "generator/rows.h"
#include "generator/upload.h"
#include "lib/base/units.h"
#include "lib/tool/json.h"
#include "lib/tool/prices.h"

/* A PUT's usual time: 70 ms and 20 ms a MiB, see the s3-standard profile. */
#define PUT_BASE_S    0.070
#define PUT_S_PER_MIB 0.020

struct estimate estimate_upload(const struct generate_options *o, const struct dataset *d)
{
    struct s3_uri uri;
    uint64_t size = rows_size_mean(d);
    unsigned width = upload_width((unsigned)o->concurrency, rows_size_max(d));
    struct estimate e = {.requests = d->files, .bytes = d->files * size};
    if (o->create_bucket)
        e.requests++;
    if (options_manifest_uri(o, &uri))
        e.requests++;
    e.cost_usd = price_of_writes(prices_class(prices_builtin(), ""), e.requests);
    e.seconds = (double)e.requests * PUT_BASE_S / width +
                (double)e.bytes / (1 << 20) * PUT_S_PER_MIB / width;
    return e;
}

void estimate_append(const struct estimate *e, struct buf *out)
{
    count_append(out, e->requests);
    buf_append_str(out, " requests, ");
    size_append(out, e->bytes);
    buf_append_str(out, ", about ");
    price_append(out, prices_builtin(), e->cost_usd);
    buf_append_str(out, " and ");
    duration_append_s(out, e->seconds);
}

static const char *outcome_status(const struct outcome *r)
{
    if (r->error)
        return r->error->status == STATUS_CANCELLED ? "interrupted" : "failed";
    return r->options->dry_run ? "dry-run" : "done";
}

static double rate(double amount, double seconds)
{
    return seconds > 0 ? amount / seconds : 0;
}

void report_same_again(const struct dataset *d, struct buf *out)
{
    buf_printf(out, "--seed %" PRIu64, d->seed);
    if (d->reference) {
        buf_append_str(out, " --reference");
        return;
    }
    buf_append_str(out, " --from ");
    date_append_iso(out, d->from, false);
    buf_append_str(out, " --to ");
    date_append_iso(out, d->to, false);
}

void report_text(const struct outcome *r, struct buf *out)
{
    const struct dataset *d = r->dataset;
    buf_append_str(out, r->options->dry_run ? "objects   0 of " : "objects   ");
    count_append(out, r->objects);
    buf_append_str(out, r->options->dry_run ? " (dry run: nothing was stored)\nbytes     "
                                            : "\nbytes     ");
    count_append(out, r->bytes);
    buf_append_str(out, " (");
    size_append(out, r->bytes);
    buf_printf(out, ")\nseconds   %.3f\nrate      ", r->seconds);
    count_append(out, (uint64_t)rate((double)r->objects, r->seconds));
    buf_append_str(out, " objects/s, ");
    size_append(out, (uint64_t)rate((double)r->bytes, r->seconds));
    buf_printf(out, "/s\nseed      %" PRIu64 "\ndates     ", d->seed);
    date_append_iso(out, d->from, false);
    buf_append_str(out, " to ");
    date_append_iso(out, d->to, false);
    buf_append_char(out, '\n');
    if (r->options->manifest && !r->error)
        buf_printf(out, "manifest  %s\n", r->options->manifest);
}

static void json_date(struct json *j, const char *name, struct civil_hour date)
{
    struct buf text;
    buf_init(&text, 64);
    date_append_iso(&text, date, false);
    json_str(j, name, text.data);
    buf_release(&text);
}

static void json_dataset(struct json *j, const struct dataset *d)
{
    json_begin_object(j, "dataset");
    json_u64(j, "algorithm", DATASET_ALGORITHM);
    json_str(j, "format", d->reference ? "reference" : "ndjson");
    json_u64(j, "seed", d->seed);
    json_u64(j, "rows", d->rows);
    json_u64(j, "files", d->files);
    json_date(j, "from", d->from);
    json_date(j, "to", d->to);
    json_str(j, "date_format", d->date_format);
    json_end(j);
}

/* Both are there, and empty, where nothing was sent: `c` may be NULL. */
static void json_requests(struct json *j, const struct s3_counters *c)
{
    json_begin_object(j, "requests");
    for (int op = 0; c && op < S3_OP_COUNT; op++) {
        const struct s3_op_counters *o = &c->op[op];
        if (o->requests == 0)
            continue;
        json_begin_object(j, s3_op_name((enum s3_op)op));
        json_u64(j, "count", o->requests);
        json_u64(j, "attempts", o->attempts);
        json_u64(j, "failures", o->failures);
        json_u64(j, "bytes", o->bytes_out);
        json_end(j);
    }
    json_end(j);
    json_begin_object(j, "retries");
    for (int reason = RETRY_NONE + 1; c && reason < RETRY_REASON_COUNT; reason++)
        if (c->retries[reason] > 0)
            json_u64(j, retry_reason_name((enum retry_reason)reason), c->retries[reason]);
    json_end(j);
}

void report_json(const struct outcome *r, struct buf *out)
{
    const struct generate_options *o = r->options;
    struct json j;
    json_init(&j, out, true);
    json_begin_object(&j, NULL);
    json_str(&j, "schema", REPORT_SCHEMA);
    json_str(&j, "status", outcome_status(r));
    json_dataset(&j, r->dataset);
    json_str(&j, "bucket", o->bucket);
    json_str(&j, "prefix", o->prefix);
    json_str(&j, "directory", o->to_dir);
    json_str(&j, "manifest", r->error ? NULL : o->manifest);
    json_u64(&j, "objects", r->objects);
    json_u64(&j, "bytes", r->bytes);
    json_f64(&j, "seconds", r->seconds);
    json_f64(&j, "objects_per_s", rate((double)r->objects, r->seconds));
    json_f64(&j, "bytes_per_s", rate((double)r->bytes, r->seconds));
    json_requests(&j, r->counters);
    json_str(&j, "error", r->error ? r->error->text : NULL);
    json_end(&j);
    buf_append_char(out, '\n');
}
