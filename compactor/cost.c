/* SPDX-License-Identifier: MIT */
/* cost - what compaction costs and saves. */
#include "compactor/cost.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Below this a difference is one of rounding: a ten-thousandth of a cent. */
#define NOTHING 1e-6

static void note_unpriced(struct cost_stock *s, const char *class_name)
{
    if (s->unpriced[0] == '\0')
        snprintf(s->unpriced, sizeof s->unpriced, "%s", class_name);
}

static struct cost_pile *find_pile(struct cost_stock *s, const struct price_class *class)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->piles[i].class == class)
            return &s->piles[i];
    if (s->count == COST_CLASSES_MAX) {
        note_unpriced(s, class->name);
        return NULL;
    }
    s->piles[s->count] = (struct cost_pile){.class = class};
    return &s->piles[s->count++];
}

void cost_stock_add(struct cost_stock *s, const struct prices *prices, const char *class_name,
                    uint64_t size)
{
    const struct price_class *class = prices_class(prices, class_name);
    if (class == NULL) {
        note_unpriced(s, class_name);
        return;
    }
    struct cost_pile *pile = find_pile(s, class);
    if (pile == NULL)
        return;
    pile->objects++;
    pile->bytes += size;
    pile->billed_bytes += size > class->min_bytes ? size : class->min_bytes;
    pile->ranges += size <= COST_RANGE_BYTES ? 1 : (size - 1) / COST_RANGE_BYTES + 1;
}

void cost_stock_merge(struct cost_stock *into, const struct cost_stock *from)
{
    if (from->unpriced[0] != '\0')
        note_unpriced(into, from->unpriced);
    for (unsigned i = 0; i < from->count; i++) {
        const struct cost_pile *f = &from->piles[i];
        struct cost_pile *pile = find_pile(into, f->class);
        if (pile == NULL)
            continue;
        pile->objects += f->objects;
        pile->bytes += f->bytes;
        pile->billed_bytes += f->billed_bytes;
        pile->ranges += f->ranges;
    }
}

void cost_requests_of_plan(struct cost_requests *r, uint64_t pieces, uint64_t copies,
                           uint64_t parts)
{
    r->gets += pieces - copies;
    if (parts <= 1 && copies == 0) {
        r->puts++;
        return;
    }
    r->creates++;
    r->parts += parts - copies;
    r->copies += copies;
    r->completes++;
}

static double month(const struct cost_stock *s)
{
    double sum = 0;
    for (unsigned i = 0; i < s->count; i++)
        sum += price_of_month(s->piles[i].class, s->piles[i].billed_bytes);
    return sum;
}

static double full_read(const struct cost_stock *s)
{
    double sum = 0;
    for (unsigned i = 0; i < s->count; i++)
        sum += price_of_reads(s->piles[i].class, s->piles[i].ranges) +
               price_of_retrieval(s->piles[i].class, s->piles[i].bytes);
    return sum;
}

/* A GET an object at its class's price; those beyond, for ranges of large ones, at the dearest. */
static double fetching(const struct cost_facts *f, const struct price_class *standard)
{
    const struct price_class *dearest = standard;
    uint64_t objects = 0;
    double sum = 0;
    for (unsigned i = 0; i < f->fetched.count; i++) {
        const struct cost_pile *pile = &f->fetched.piles[i];
        if (pile->class->read_per_1000 > dearest->read_per_1000)
            dearest = pile->class;
        objects += pile->objects;
        sum += price_of_reads(pile->class, pile->objects) +
               price_of_retrieval(pile->class, pile->bytes);
    }
    return f->requests.gets > objects ? sum + price_of_reads(dearest, f->requests.gets - objects)
                                      : sum;
}

static enum status check_priced(const struct cost_facts *f, const struct prices *prices,
                                const char *write_class, struct error *err)
{
    const char *missing = f->sources.unpriced;
    if (missing[0] == '\0')
        missing = f->existing.unpriced;
    if (missing[0] == '\0' && prices_class(prices, write_class) == NULL)
        missing = write_class;
    if (missing[0] == '\0')
        return STATUS_OK;
    return error_set(err, STATUS_INVALID,
                     "the prices of %s have none for the class %s; a table given with --prices may",
                     prices->region, missing);
}

enum status cost_compute(const struct cost_facts *f, const struct prices *prices,
                         const char *write_class, struct cost *out, struct error *err)
{
    enum status status = check_priced(f, prices, write_class, err);
    if (status != STATUS_OK)
        return status;
    const struct price_class *standard = prices_class(prices, "");
    const struct price_class *write = prices_class(prices, write_class);
    const struct cost_requests *r = &f->requests;
    struct cost c = {.months = -1};
    c.once = price_of_writes(standard, r->lists) + price_of_reads(standard, r->heads) +
             fetching(f, standard) +
             price_of_writes(write, r->puts + r->creates + r->parts + r->copies + r->completes);
    c.month_now = month(&f->sources) + month(&f->existing);
    c.month_kept = month(&f->sources) + month(&f->outputs);
    c.month_deleted = month(&f->outputs);
    c.read_sources = full_read(&f->sources);
    c.read_outputs = full_read(&f->outputs);
    const double a_month = month(&f->sources) - c.month_deleted;
    const double a_read = c.read_sources - c.read_outputs;
    if (a_month > NOTHING)
        c.months = c.once / a_month;
    if (a_read > NOTHING)
        c.full_reads = (uint64_t)ceil(c.once / a_read);
    if (a_read > NOTHING && c.full_reads == 0)
        c.full_reads = 1;
    c.saves = c.months >= 0 || c.full_reads > 0;
    *out = c;
    return STATUS_OK;
}
