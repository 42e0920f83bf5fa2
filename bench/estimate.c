/* SPDX-License-Identifier: MIT */
/* estimate - what a campaign will ask of a real endpoint. */
#include "bench/estimate.h"

#include "generator/rows.h"
#include "lib/base/units.h"

#define OBJECTS_A_PAGE 1000

static uint64_t object_bytes(const struct result_settings *s)
{
    if (s->object_bytes > 0)
        return s->object_bytes;
    return rows_size_mean(&(struct dataset){
        .files = s->objects,
        .rows = s->rows,
        .prefix = "",
        .date_format = DATASET_DATE_FORMAT,
    });
}

struct campaign_estimate campaign_estimate(const struct result_settings *s, size_t cells,
                                           const struct prices *prices)
{
    const struct price_class *standard = prices_class(prices, "");
    const uint64_t runs = cells * (s->rounds + 1);
    const uint64_t dataset = s->objects * object_bytes(s);
    /* A run lists each date, looks for its output, gets the objects and puts the output, which is
     * then read and compared. */
    struct campaign_estimate e = {
        .reads = runs * (s->objects + 2 * s->days),
        .writes = s->objects + runs * (2 * s->days + s->objects / OBJECTS_A_PAGE),
        .bytes = dataset + runs * 3 * dataset,
    };
    e.cost = price_of_reads(standard, e.reads) + price_of_writes(standard, e.writes);
    return e;
}

void campaign_estimate_append(const struct campaign_estimate *e, const struct prices *prices,
                              int64_t budget_ms, struct buf *out)
{
    count_append(out, e->reads);
    buf_append_str(out, " reads and ");
    count_append(out, e->writes);
    buf_append_str(out, " writes and listings, ");
    size_append(out, e->bytes);
    buf_append_str(out, ", about ");
    price_append(out, prices, e->cost);
    buf_append_str(out, ", at most ");
    duration_append_s(out, (double)budget_ms / 1000);
}
