/* SPDX-License-Identifier: MIT */
/* plot - writes the pictures' data and scripts, and has gnuplot draw them. */
#include "bench/plot.h"

#include <stdio.h>
#include <string.h>

#include "bench/file.h"
#include "bench/plot_script.h"
#include "lib/tool/process.h"

#define TEXT_MAX         (16u << 20)
#define DRAW_TIMEOUT_MS  60000
#define EXIT_NOT_STARTED 127
#define TAIL_BYTES       32 /* of a picture, that hold its end mark */

enum status plot_write(const struct result *r, const struct summary *s, const char *directory,
                       struct error *err)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    plot_speedup_data(r, s, &text);
    enum status status = file_write(directory, "speedup.dat", &text, err);
    if (status != STATUS_OK)
        goto out;
    buf_reset(&text);
    plot_speedup_script(r, s, &text);
    status = file_write(directory, "speedup.gp", &text, err);
    if (status != STATUS_OK)
        goto out;
    buf_reset(&text);
    plot_latency_data(r, &text);
    status = file_write(directory, "latency.dat", &text, err);
    if (status != STATUS_OK)
        goto out;
    buf_reset(&text);
    plot_latency_script(r, &text);
    status = file_write(directory, "latency.gp", &text, err);
out:
    buf_release(&text);
    return status;
}

/* gnuplot ends well on a full disk too, so a picture has to show its last bytes. */
static enum status check_picture(const char *directory, const char *plot, const char *ending,
                                 const char *last, struct error *err)
{
    char name[64];
    char path[FILE_PATH_MAX];
    char tail[64] = "";
    snprintf(name, sizeof name, "%s.%s", plot, ending);
    enum status status = file_path(path, directory, name, err);
    if (status != STATUS_OK)
        return status;
    FILE *file = fopen(path, "re");
    size_t n = 0;
    if (file != NULL && fseek(file, -(long)TAIL_BYTES, SEEK_END) == 0)
        n = fread(tail, 1, TAIL_BYTES, file);
    if (file != NULL)
        fclose(file);
    const size_t len = strlen(last);
    for (size_t at = 0; at + len <= n; at++)
        if (memcmp(tail + at, last, len) == 0)
            return STATUS_OK;
    return error_set(err, STATUS_IO, "gnuplot did not write %s to its end: is the disk full?",
                     path);
}

static enum status run_gnuplot(const char *directory, const char *script, struct error *err)
{
    const struct process_options options = {
        .argv = (const char *const[]){"gnuplot", script, NULL},
        .directory = directory,
        .timeout_ms = DRAW_TIMEOUT_MS,
    };
    struct process_result ran;
    if (process_run(&options, &ran, NULL) != STATUS_OK)
        return error_set(err, STATUS_NOT_FOUND,
                         "gnuplot is missing, so nothing is drawn; with it installed: "
                         "cd %s && gnuplot speedup.gp latency.gp",
                         directory);
    enum status status = STATUS_OK;
    if (ran.exit_code == EXIT_NOT_STARTED)
        status = error_set(err, STATUS_NOT_FOUND, "gnuplot could not be started");
    else if (ran.exit_code != 0)
        status = error_set(err, STATUS_IO, "gnuplot %s failed: %.*s", script,
                           (int)strcspn(ran.err.data, "\n"), ran.err.data);
    process_result_release(&ran);
    return status;
}

static enum status draw_one(const char *directory, const char *plot, struct error *err)
{
    char script[64];
    snprintf(script, sizeof script, "%s.gp", plot);
    enum status status = run_gnuplot(directory, script, err);
    if (status == STATUS_OK)
        status = check_picture(directory, plot, "svg", "</svg>", err);
    return status == STATUS_OK ? check_picture(directory, plot, "png", "IEND", err) : status;
}

enum status plot_draw(const char *directory, struct error *err)
{
    const enum status status = draw_one(directory, "speedup", err);
    return status != STATUS_OK ? status : draw_one(directory, "latency", err);
}
