/* SPDX-License-Identifier: MIT */
/* plot_script - what gnuplot is given. */
#include "bench/plot_script.h"

#include <inttypes.h>
#include <string.h>

#define BLUE   "#0072B2"
#define ORANGE "#D55E00"
#define GREEN  "#009E73"
#define GREY   "#777777"

/* Draws one script into both formats; `name` is the file name without its ending. */
static void append_frame(struct buf *out, const char *name, const char *plot)
{
    buf_printf(out,
               "%s\n"
               "set terminal svg size 900,560 dynamic enhanced font 'DejaVu Sans,14' "
               "background '#ffffff'\n"
               "set output '%s.svg'\n"
               "replot\n"
               "set terminal pngcairo size 1200,750 font 'DejaVu Sans,13' background '#ffffff'\n"
               "set output '%s.png'\n"
               "replot\n"
               "unset output\n",
               plot, name, name);
}

static void append_where(struct buf *out, const struct result *r)
{
    if (r->settings.simulated)
        buf_printf(out, "simulated: profile %s", r->settings.profile);
    else
        buf_printf(out, "%s", r->settings.endpoint);
}

static void append_styles(struct buf *out)
{
    buf_append_str(
        out, "set encoding utf8\n"
             "set termoption noenhanced\n"
             "set grid xtics ytics lt 1 lw 1 lc rgb '#e2e2e2'\n" /* lt 0, the default, is dots */
             "set border 3 lc rgb '#555555'\n"
             "set tics nomirror\n"
             "set key top left reverse Left samplen 2\n"
             "set terminal unknown\n");
}

void plot_speedup_data(const struct result *r, const struct summary *s, struct buf *out)
{
    static const enum cell_mode blocks[] = {CELL_OBJECTS, CELL_PARTITIONS};
    buf_append_str(out,
                   "# in flight, speedup, low, high of the 95 % interval; a block a fan-out\n");
    for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++) {
        buf_printf(out, "# %s\n", cell_mode_name(blocks[b]));
        for (size_t i = 0; i < r->plan.count; i++) {
            const struct stats_interval *v = &s->cells[i].speedup;
            if (r->plan.cells[i].mode != blocks[b] || v->n == 0)
                continue;
            const bool sure = v->n > 1;
            buf_printf(out, "%u %.6g %.6g %.6g\n", r->plan.cells[i].concurrency, v->estimate,
                       sure ? v->low : v->estimate, sure ? v->high : v->estimate);
        }
        buf_append_str(out, "\n\n");
    }
}

/* The result in figures, above its point. */
static void append_headline(struct buf *plot, const struct result *r, const struct summary *s)
{
    const struct stats_interval *v = &s->cells[r->plan.headline].speedup;
    if (v->n == 0)
        return;
    buf_printf(plot,
               ", '+' using (%u):(%.6g):('%.1f times') every ::0::0 notitle with labels "
               "offset 0,1.6 font ',15'",
               r->plan.cells[r->plan.headline].concurrency, v->n > 1 ? v->high : v->estimate,
               v->estimate);
}

void plot_speedup_script(const struct result *r, const struct summary *s, struct buf *out)
{
    struct buf plot;
    buf_init(&plot, 65536);
    append_styles(out);
    buf_append_str(out, "set title \"Speedup over one request at a time (");
    append_where(out, r);
    buf_printf(out, ")\\n%" PRIu64 " objects, %zu dates, %u rounds%s; bars are 95 %% intervals\"\n",
               r->settings.objects, r->partition_count, s->rounds,
               s->indicative ? " (indicative)" : "");
    buf_append_str(out, "set xlabel 'requests, or partitions, at once'\n"
                        "set ylabel 'speedup'\n"
                        "set logscale x 2\n"
                        "set logscale y 2\n"
                        "set xrange [0.8:*]\n"
                        "set yrange [0.5:*]\n");
    buf_append_str(&plot, "plot x title 'ideal' with lines dt 2 lc rgb '" GREY "'");
    if (s->ceiling > 0)
        buf_printf(&plot,
                   ", %.6g title sprintf('ceiling of whole partitions, %%.1f', %.6g) with lines "
                   "dt 4 lc rgb '" GREEN "'",
                   s->ceiling, s->ceiling);
    buf_append_str(&plot,
                   ", 'speedup.dat' index 0 using 1:2:3:4 title 'fan-out over objects' with "
                   "yerrorlines lw 2 pt 7 lc rgb '" BLUE "'"
                   ", '' index 1 using 1:2:3:4 title 'fan-out over partitions' with yerrorlines "
                   "lw 2 pt 5 lc rgb '" ORANGE "'");
    append_headline(&plot, r, s);
    append_frame(out, "speedup", plot.data);
    buf_release(&plot);
}

/* ---- service times ---- */

/* An operation has its colour in all cells; which cell it is shows in the dashes. */
static const char *colour_of(const char *operation)
{
    static const struct {
        const char *operation;
        const char *colour;
    } colours[] = {{"GetObject", BLUE},
                   {"PutObject", ORANGE},
                   {"ListObjectsV2", GREEN},
                   {"UploadPart", "#CC79A7"},
                   {"HeadObject", "#E69F00"}};
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        if (strcmp(operation, colours[i].operation) == 0)
            return colours[i].colour;
    return GREY;
}

struct ecdf {
    struct buf *out;
    uint64_t total;
    uint64_t seen;
};

static void append_step(void *ctx, uint64_t upper_us, uint64_t count)
{
    struct ecdf *e = ctx;
    e->seen += count;
    buf_printf(e->out, "%.6g %.6g\n", (double)upper_us / 1000.0,
               (double)e->seen / (double)e->total);
}

static bool is_drawn(const struct result *r, const struct latency_curve *c)
{
    return (c->cell == 0 || c->cell == r->plan.headline) && c->service.count > 0;
}

void plot_latency_data(const struct result *r, struct buf *out)
{
    buf_append_str(out, "# milliseconds, share of requests answered by then; a block a curve\n");
    for (size_t i = 0; i < r->curve_count; i++) {
        const struct latency_curve *c = &r->curves[i];
        if (!is_drawn(r, c))
            continue;
        struct ecdf e = {.out = out, .total = c->service.count};
        buf_printf(out, "# %s of %s\n", c->operation, r->plan.cells[c->cell].name);
        hist_each(&c->service, append_step, &e);
        buf_append_str(out, "\n\n");
    }
}

void plot_latency_script(const struct result *r, struct buf *out)
{
    struct buf plot;
    unsigned block = 0;
    buf_init(&plot, 65536);
    append_styles(out);
    buf_append_str(out, "set title \"Service time of a request (");
    append_where(out, r);
    buf_append_str(out, ")\"\n"
                        "set xlabel 'milliseconds'\n"
                        "set ylabel 'share of requests answered within'\n"
                        "set logscale x 10\n"
                        "set yrange [0:1.02]\n"
                        "set key bottom right\n");
    for (size_t i = 0; i < r->curve_count; i++) {
        const struct latency_curve *c = &r->curves[i];
        if (!is_drawn(r, c))
            continue;
        buf_printf(&plot,
                   "%s'latency.dat' index %u using 1:2 title '%s, %s' with steps lw %d dt %s "
                   "lc rgb '%s'",
                   block == 0 ? "plot " : ", ", block, c->operation, r->plan.cells[c->cell].name,
                   c->cell == 0 ? 2 : 3, c->cell == 0 ? "1" : "'. '", colour_of(c->operation));
        block++;
    }
    append_frame(out, "latency", block > 0 ? plot.data : "plot 0 notitle");
    buf_release(&plot);
}
