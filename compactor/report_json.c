/* SPDX-License-Identifier: MIT */
/* report_json - the JSON documents. A field once published keeps its meaning. */
#include <sys/resource.h>

#include "compactor/report.h"
#include "lib/tool/json.h"
#include "lib/tool/process.h"

static void write_uri(struct json *j, const char *name, const char *bucket, const char *key,
                      const char *end)
{
    struct buf uri;
    buf_init(&uri, S3_BUCKET_MAX + S3_KEY_MAX + 16);
    buf_printf(&uri, "s3://%s/%s%s", bucket, key, end);
    json_str(j, name, uri.data);
    buf_release(&uri);
}

static void write_output(struct json *j, const struct result_output *o)
{
    json_begin_object(j, NULL);
    json_str(j, "key", o->key);
    json_bool(j, "written", o->written);
    json_u64(j, "sources", o->sources);
    json_u64(j, "source_bytes", o->source_bytes);
    json_u64(j, "bytes", o->bytes);
    json_str(j, "etag", o->etag[0] != '\0' ? o->etag : NULL);
    json_u64(j, "csv_headers_dropped", o->headers_dropped);
    json_u64(j, "copied_sources", o->copied_sources);
    json_u64(j, "copied_bytes", o->copied_bytes);
    json_bool(j, "copies_verified", o->verified);
    json_str(j, "sha256", o->sha256[0] != '\0' ? o->sha256 : NULL);
    json_u64(j, "generation", o->generation);
    json_str(j, "state", o->state);
    json_bool(j, "read_back", o->read_back);
    json_u64(j, "deleted", o->deleted);
    json_end(j);
}

static void write_left_out(struct json *j, const char *name, const struct left_out *left)
{
    json_begin_object(j, name);
    json_u64(j, "objects", left->objects);
    json_u64(j, "bytes", left->bytes);
    json_end(j);
}

static void write_partition(struct json *j, const struct partition_result *p)
{
    json_begin_object(j, NULL);
    json_str(j, "date", p->date[0] != '\0' ? p->date : NULL);
    json_str(j, "prefix", p->source_prefix);
    json_str(j, "status", partition_status_name(p->status));
    json_u64(j, "sources", p->sources);
    json_u64(j, "source_bytes", p->source_bytes);
    write_left_out(j, "left_large", &p->large);
    write_left_out(j, "left_archived", &p->archived);
    json_u64(j, "deleted", p->deleted);
    json_u64(j, "changed_since", p->kept_newer);
    json_u64(j, "rewritten", p->rewritten);
    json_u64(j, "uploads_aborted", p->uploads_aborted);
    json_begin_array(j, "outputs");
    for (unsigned i = 0; i < p->output_count; i++)
        write_output(j, &p->outputs[i]);
    json_end(j);
    json_begin_array(j, "warnings");
    for (unsigned i = 0; i < p->warning_count; i++)
        json_str(j, NULL, p->warnings[i]);
    json_end(j);
    json_str(j, "reason", p->reason);
    json_str(j, "error", p->error);
    json_end(j);
}

static void write_totals(struct json *j, const struct run_summary *s)
{
    json_begin_object(j, "totals");
    json_u64(j, "partitions", s->count);
    for (int i = PARTITION_EMPTY; i <= PARTITION_FAILED; i++)
        json_u64(j, partition_status_name((enum partition_status)i), s->by_status[i]);
    json_u64(j, "outputs", s->outputs);
    json_u64(j, "objects", s->objects);
    json_u64(j, "bytes", s->bytes);
    json_u64(j, "copied_bytes", s->copied_bytes);
    json_u64(j, "copies_refused", s->copies_refused);
    json_u64(j, "deleted", s->deleted);
    json_end(j);
}

static void write_bucket(void *ctx, uint64_t upper_us, uint64_t count)
{
    struct json *j = ctx;
    json_begin_array(j, NULL);
    json_u64(j, NULL, upper_us);
    json_u64(j, NULL, count);
    json_end(j);
}

static void write_hist(struct json *j, const char *name, const struct hist *h)
{
    json_begin_object(j, name);
    json_u64(j, "p50", hist_quantile_us(h, 0.50));
    json_u64(j, "p90", hist_quantile_us(h, 0.90));
    json_u64(j, "p95", hist_quantile_us(h, 0.95));
    json_u64(j, "p99", hist_quantile_us(h, 0.99));
    json_u64(j, "max", h->max_us);
    json_u64(j, "sum", h->sum_us);
    json_begin_array(j, "buckets"); /* [upper edge, count] */
    hist_each(h, write_bucket, j);
    json_end(j);
    json_end(j);
}

static void write_counters(struct json *j, const struct s3_counters *c)
{
    json_begin_object(j, "requests");
    for (int i = 0; i < S3_OP_COUNT; i++) {
        const struct s3_op_counters *op = &c->op[i];
        if (op->attempts == 0)
            continue;
        json_begin_object(j, s3_op_name((enum s3_op)i));
        json_u64(j, "count", op->requests);
        json_u64(j, "failures", op->failures);
        json_u64(j, "attempts", op->attempts);
        json_u64(j, "bytes", op->bytes_in + op->bytes_out);
        write_hist(j, "ttfb_us", &op->ttfb);
        write_hist(j, "total_us", &op->total);
        json_end(j);
    }
    json_end(j);
    json_begin_object(j, "retries");
    for (int i = 1; i < RETRY_REASON_COUNT; i++)
        if (c->retries[i] > 0)
            json_u64(j, retry_reason_name((enum retry_reason)i), c->retries[i]);
    json_end(j);
    json_begin_object(j, "connections");
    json_u64(j, "opened", c->connections_opened);
    json_u64(j, "reused", c->connections_reused);
    json_u64(j, "in_flight_max", c->in_flight_max);
    json_end(j);
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void write_resources(struct json *j)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    json_begin_object(j, "resources");
    json_f64(j, "user_s", seconds(usage.ru_utime));
    json_f64(j, "system_s", seconds(usage.ru_stime));
    json_u64(j, "max_rss_bytes", process_own_peak_bytes());
    json_end(j);
}

/* What was allowed; of an adaptive run, what it found. */
static void write_pace(struct json *j, const struct job *job, const struct run_summary *s)
{
    json_begin_object(j, "pace");
    json_bool(j, "adaptive", job->adaptive);
    json_u64(j, "in_flight", s->in_flight);
    json_u64(j, "in_flight_max", s->in_flight_max);
    if (s->rate_per_s > 0)
        json_f64(j, "rate_per_s", s->rate_per_s);
    else
        json_write_null(j, "rate_per_s");
    json_end(j);
}

static const char *overall_status(const struct job *job, const struct run_summary *s)
{
    if (s == NULL)
        return "failed";
    if (s->interrupted)
        return "interrupted";
    const bool missing = job->require_objects && s->by_status[PARTITION_EMPTY] == s->count;
    return s->by_status[PARTITION_FAILED] > 0 || missing ? "failed" : "done";
}

static void write_job(struct json *j, const struct job *job)
{
    const struct selection *s = &job->selection;
    write_uri(j, "source", s->sources[0].bucket, s->sources[0].key, "");
    json_begin_array(j, "sources");
    for (unsigned i = 0; i < s->source_count; i++)
        write_uri(j, NULL, s->sources[i].bucket, s->sources[i].key, "");
    json_end(j);
    write_uri(j, "destination", s->destination.bucket, s->destination.key, s->single ? "/" : "");
    json_str(j, "mode", job->mode == MODE_SEQUENTIAL ? "sequential" : "parallel");
    json_str(j, "fan_out",
             job->mode == MODE_SEQUENTIAL         ? NULL
             : job->fan_out == FAN_OUT_PARTITIONS ? "partitions"
                                                  : "objects");
    json_u64(j, "concurrency", job->concurrency);
    json_bool(j, "dry_run", job->dry_run);
}

enum status report_json(const struct job *job, const struct run_summary *summary,
                        const struct s3_counters *counters, const struct report_times *times,
                        const struct error *error, struct buf *out, struct error *err)
{
    struct json j;
    json_init(&j, out, false);
    json_begin_object(&j, NULL);
    json_str(&j, "schema", "s3-compact/1");
    json_str(&j, "status", overall_status(job, summary));
    json_str(&j, "error", error != NULL ? error->text : NULL);
    write_job(&j, job);
    json_begin_array(&j, "partitions");
    for (uint64_t i = 0; summary != NULL && i < summary->count; i++)
        write_partition(&j, &summary->results[i]);
    json_end(&j);
    if (summary != NULL) {
        write_totals(&j, summary);
        write_pace(&j, job, summary);
    }
    report_json_cost(&j, job, summary);
    if (counters != NULL)
        write_counters(&j, counters);
    write_resources(&j);
    json_f64(&j, "wall_s", times->wall_s);
    json_f64(&j, "work_s", times->work_s);
    json_end(&j);
    buf_append_char(out, '\n');
    return buf_status(out, "the JSON document", err);
}

/* One string; with several sources, all of them in their order. */
static void write_plan_sources(struct json *j, const struct selection *s,
                               const struct partition_name *name)
{
    char prefix[S3_KEY_MAX + 1];
    const bool several = s->source_count > 1;
    if (several)
        json_begin_array(j, "src");
    for (unsigned i = 0; i < s->source_count; i++) {
        selection_prefix(s, name, i, prefix);
        write_uri(j, several ? NULL : "src", s->sources[i].bucket, prefix, "");
    }
    if (several)
        json_end(j);
}

enum status report_plan(const struct selection *selection, struct buf *out, struct error *err)
{
    struct json j;
    json_init(&j, out, false);
    json_begin_object(&j, NULL);
    json_begin_array(&j, "s3_locations");
    for (uint64_t i = 0; i < selection_count(selection); i++) {
        struct partition_name name;
        enum status status = selection_get(selection, i, &name, err);
        if (status != STATUS_OK)
            return status;
        json_begin_object(&j, NULL);
        write_plan_sources(&j, selection, &name);
        write_uri(&j, "dest", selection->destination.bucket, name.destination_dir, "/");
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    buf_append_char(out, '\n');
    return buf_status(out, "the plan", err);
}
