/* SPDX-License-Identifier: MIT */
/* environment - the machine and the endpoint. */
#include "bench/environment.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/stats.h"
#include "lib/s3/bucket.h"
#include "lib/s3/http/transport.h"
#include "lib/tool/process.h"

#define PROBES 5

static void read_line(const char *path, char *out, size_t room)
{
    FILE *file = fopen(path, "re");
    out[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(out, (int)room, file) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    fclose(file);
}

static void read_cpu_model(char *out, size_t room)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    out[0] = '\0';
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        snprintf(out, room, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file != NULL)
        fclose(file);
}

static void read_git_revision(char *out, size_t room)
{
    struct process_result ran;
    const struct process_options options = {
        .argv = (const char *const[]){"git", "rev-parse", "HEAD", NULL}, .timeout_ms = 5000};
    out[0] = '\0';
    if (process_run(&options, &ran, NULL) != STATUS_OK)
        return;
    if (ran.exit_code == 0)
        snprintf(out, room, "%.*s", (int)strcspn(ran.out.data, "\n"), ran.out.data);
    process_result_release(&ran);
}

void environment_read_machine(struct environment *e)
{
    struct utsname system;
    char load[128];
    read_cpu_model(e->cpu_model, sizeof e->cpu_model);
    e->cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    e->memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    if (uname(&system) == 0)
        snprintf(e->kernel, sizeof e->kernel, "%.60s %.60s", system.sysname, system.release);
    read_line("/proc/loadavg", load, sizeof load);
    e->load_average = strtod(load, NULL);
    read_line("/sys/fs/cgroup/cpu.max", e->cgroup_cpu, sizeof e->cgroup_cpu);
    read_line("/sys/fs/cgroup/memory.max", e->cgroup_memory, sizeof e->cgroup_memory);
    snprintf(e->kit_version, sizeof e->kit_version, "%s", KIT_VERSION);
    snprintf(e->libcurl_version, sizeof e->libcurl_version, "%s", http_library_version());
    snprintf(e->openssl_version, sizeof e->openssl_version, "%s", OpenSSL_version(OPENSSL_VERSION));
    read_git_revision(e->git_revision, sizeof e->git_revision);
}

struct probe {
    struct environment *environment;
    double ms;
};

static void on_probe(void *ctx, const struct s3_reply *reply)
{
    struct probe *p = ctx;
    p->ms = (double)reply->exchange->last_byte_ns / 1e6;
    s3_reply_header(reply, "server", p->environment->server_header,
                    sizeof p->environment->server_header);
}

void environment_ask_endpoint(struct environment *e, struct s3_client *client, const char *bucket)
{
    double ms[PROBES];
    size_t count = 0;
    for (int i = 0; i < PROBES; i++) {
        struct probe probe = {.environment = e};
        struct s3_request *rq;
        if (s3_request_new(client, S3_HEAD_BUCKET, bucket, NULL, &rq, NULL) == STATUS_OK &&
            s3_request_run(rq, on_probe, &probe, NULL) == STATUS_OK)
            ms[count++] = probe.ms;
    }
    stats_sort(ms, count);
    e->round_trip_ms = count > 0 ? stats_quantile_sorted(ms, count, 0.5) : 0;
}
