/* SPDX-License-Identifier: MIT */
/* report_cost - what a dry run says of requests and money. */
#include <inttypes.h>
#include <string.h>

#include "compactor/report.h"
#include "lib/base/units.h"
#include "lib/tool/json.h"

#define MONTHS_MAX 1200 /* of a break-even worth naming */

static const char *write_class(const struct job *job)
{
    return job->keeping.storage_class != NULL ? job->keeping.storage_class : "STANDARD";
}

struct request_kind {
    const char *name;
    uint64_t count;
};
#define KINDS 8

static void list_kinds(const struct cost_requests *r, struct request_kind out[KINDS])
{
    const struct request_kind kinds[KINDS] = {
        {"ListObjectsV2", r->lists},
        {"HeadObject", r->heads},
        {"GetObject", r->gets},
        {"PutObject", r->puts},
        {"CreateMultipartUpload", r->creates},
        {"UploadPart", r->parts},
        {"UploadPartCopy", r->copies},
        {"CompleteMultipartUpload", r->completes},
    };
    memcpy(out, kinds, sizeof kinds);
}

static void append_requests(struct buf *out, const struct cost_requests *r)
{
    struct request_kind kinds[KINDS];
    const char *separator = " ";
    list_kinds(r, kinds);
    buf_append_str(out, "\nrequests it would take:");
    for (int i = 0; i < KINDS; i++) {
        if (kinds[i].count == 0)
            continue;
        buf_append_str(out, separator);
        count_append(out, kinds[i].count);
        buf_printf(out, " %s", kinds[i].name);
        separator = ", ";
    }
}

static void append_line(struct buf *out, const struct prices *prices, const char *what,
                        double amount)
{
    buf_printf(out, "\n  %-34s", what);
    price_append(out, prices, amount);
}

static bool has_minimum_days(const struct cost_stock *s, uint64_t *days)
{
    *days = 0;
    for (unsigned i = 0; i < s->count; i++)
        if (s->piles[i].class->min_days > *days)
            *days = s->piles[i].class->min_days;
    return *days > 0;
}

static void append_months(struct buf *out, double months)
{
    if (months > MONTHS_MAX)
        buf_append_str(out, "storage saves too little to pay for it within 100 years");
    else if (months < 0.1)
        buf_append_str(out, "after less than 3 days of storage");
    else
        buf_printf(out, "after %.1f months of storage", months);
    buf_append_str(out, ", once the sources are deleted");
}

/* When it has paid for itself, or that it never does. */
static void append_verdict(struct buf *out, const struct cost *c, const struct cost_stock *sources)
{
    uint64_t days;
    if (!c->saves) {
        buf_append_str(out, "\n  no saving: neither storage nor reading gets cheaper");
        return;
    }
    buf_append_str(out, "\n  pays for itself: ");
    if (c->months >= 0)
        append_months(out, c->months);
    if (c->months >= 0 && c->full_reads > 0)
        buf_append_str(out, "; or ");
    if (c->full_reads > 0) {
        buf_append_str(out, "after ");
        count_append(out, c->full_reads);
        buf_append_str(out, c->full_reads == 1 ? " full read" : " full reads");
    }
    if (c->months < 0)
        buf_append_str(out, "\n  no saving in storage: it is billed by the byte, in objects of any "
                            "size");
    if (c->months >= 0 && has_minimum_days(sources, &days))
        buf_printf(out, "\n  deleting sources younger than %" PRIu64 " days still bills the rest",
                   days);
}

void report_append_cost(struct buf *out, const struct job *job, const struct run_summary *summary)
{
    const struct cost_facts *f = &summary->cost;
    const struct prices *prices = &job->prices;
    struct cost cost;
    struct error error;
    append_requests(out, &f->requests);
    if (f->sources.count == 0 && f->sources.unpriced[0] == '\0')
        return;
    if (cost_compute(f, prices, write_class(job), &cost, &error) != STATUS_OK) {
        buf_printf(out, "\ncost: not known, since %s", error.text);
        return;
    }
    buf_printf(out, "\ncost in %s, prices of %s:", prices->region, prices->date);
    append_line(out, prices, "compacting, once", cost.once);
    append_line(out, prices, "storage a month, now", cost.month_now);
    append_line(out, prices, "storage a month, sources kept", cost.month_kept);
    append_line(out, prices, "storage a month, sources deleted", cost.month_deleted);
    append_line(out, prices, "a full read of the sources", cost.read_sources);
    append_line(out, prices, "a full read of the outputs", cost.read_outputs);
    append_verdict(out, &cost, &f->sources);
}

static void json_requests(struct json *j, const struct cost_requests *r)
{
    struct request_kind kinds[KINDS];
    list_kinds(r, kinds);
    json_begin_object(j, "requests");
    for (int i = 0; i < KINDS; i++)
        if (kinds[i].count > 0)
            json_u64(j, kinds[i].name, kinds[i].count);
    json_end(j);
}

static void json_sums(struct json *j, const struct cost *c)
{
    json_f64(j, "once", c->once);
    json_begin_object(j, "storage_month");
    json_f64(j, "now", c->month_now);
    json_f64(j, "sources_kept", c->month_kept);
    json_f64(j, "sources_deleted", c->month_deleted);
    json_end(j);
    json_begin_object(j, "full_read");
    json_f64(j, "sources", c->read_sources);
    json_f64(j, "outputs", c->read_outputs);
    json_end(j);
    json_bool(j, "saves", c->saves);
    json_begin_object(j, "break_even");
    if (c->months >= 0)
        json_f64(j, "months", c->months);
    else
        json_write_null(j, "months");
    if (c->full_reads > 0)
        json_u64(j, "full_reads", c->full_reads);
    else
        json_write_null(j, "full_reads");
    json_end(j);
}

void report_json_cost(struct json *j, const struct job *job, const struct run_summary *summary)
{
    struct cost cost;
    struct error error;
    if (summary == NULL || !job->dry_run) {
        json_write_null(j, "cost");
        return;
    }
    json_begin_object(j, "cost");
    json_str(j, "region", job->prices.region);
    json_str(j, "price_date", job->prices.date);
    json_str(j, "currency", job->prices.currency);
    json_requests(j, &summary->cost.requests);
    if (cost_compute(&summary->cost, &job->prices, write_class(job), &cost, &error) == STATUS_OK) {
        json_str(j, "error", NULL);
        json_sums(j, &cost);
    } else {
        json_str(j, "error", error.text);
    }
    json_end(j);
}
