/* SPDX-License-Identifier: MIT */
/* jobs - see jobs.h. */
#include "tests/perf/jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/units.h"

#define TEXT_MAX (1u << 30)

static void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(EXIT_FAILURE);
}

static char *read_stdin(void)
{
    struct buf text;
    size_t n;
    char chunk[65536];
    buf_init(&text, TEXT_MAX);
    while ((n = fread(chunk, 1, sizeof chunk, stdin)) > 0)
        buf_append(&text, chunk, n);
    char *taken = buf_take(&text);
    if (!taken || ferror(stdin))
        die("no jobs on stdin");
    return taken;
}

/* Cuts the line at its spaces. */
static void job_split(struct job *job, char *line)
{
    for (int i = 0; i < JOB_WORDS; i++) {
        char *space = strchr(line, ' ');
        job->word[i] = line;
        line = space ? space + 1 : line + strlen(line);
        if (space)
            *space = '\0';
    }
}

void jobs_read(struct jobs *jobs)
{
    size_t lines = 0;
    jobs->text = read_stdin();
    for (const char *p = jobs->text; *p; p++)
        lines += *p == '\n';
    jobs->all = calloc(lines + 1, sizeof *jobs->all);
    jobs->count = 0;
    if (!jobs->all)
        die("no memory");
    for (char *line = jobs->text; *line;) {
        char *end = line + strcspn(line, "\n");
        char *next = *end ? end + 1 : end;
        *end = '\0';
        if (*line)
            job_split(&jobs->all[jobs->count++], line);
        line = next;
    }
}

void jobs_free(struct jobs *jobs)
{
    free(jobs->all);
    free(jobs->text);
}

size_t jobs_size(const char *word)
{
    uint64_t size = 0;
    if (*word && uint_parse(word, 0, JOB_SIZE_MAX, &size, NULL))
        die("a job's size is no number, or too large");
    return (size_t)size;
}

unsigned jobs_concurrency(char ***argv)
{
    uint64_t value = 64;
    if ((*argv)[1] && strcmp((*argv)[1], "-c") == 0) {
        if (!(*argv)[2] || uint_parse((*argv)[2], 1, JOB_FLIGHT_MAX, &value, NULL))
            die("-c wants a number");
        *argv += 2;
    }
    return (unsigned)value;
}

const char *jobs_body(void)
{
    static char body[JOB_SIZE_MAX]; /* zeros, which cost nothing to make */
    return body;
}

void measure_start(struct measure *m)
{
    m->start = clock_mono(clock_system());
    getrusage(RUSAGE_SELF, &m->usage);
}

static double seconds(struct timeval end, struct timeval start)
{
    return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_usec - start.tv_usec) / 1e6;
}

void measure_print(const struct measure *m, const char *name, unsigned concurrency, size_t requests,
                   size_t failures, uint64_t bytes)
{
    struct rusage now;
    double wall_s = mono_since_s(clock_mono(clock_system()), m->start);
    getrusage(RUSAGE_SELF, &now);
    double user_s = seconds(now.ru_utime, m->usage.ru_utime);
    double system_s = seconds(now.ru_stime, m->usage.ru_stime);
    printf("{\"name\":\"%s\",\"concurrency\":%u,\"requests\":%zu,\"failures\":%zu,"
           "\"bytes\":%" PRIu64 ",\"wall_s\":%.3f,\"user_s\":%.3f,\"system_s\":%.3f,"
           "\"requests_per_s\":%.0f,\"cpu_us_per_request\":%.1f}\n",
           name, concurrency, requests, failures, bytes, wall_s, user_s, system_s,
           (double)requests / wall_s, (user_s + system_s) * 1e6 / (double)requests);
}
