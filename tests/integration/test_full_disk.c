/* SPDX-License-Identifier: MIT */
/*
 * What the programs write locally, on a disk of 64 KiB: one clear line and exit status 1. The disk is
 * a tmpfs in a mount namespace of its own; where none can be had, the test is skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fixture.h"

#define ARGS_MAX 24

/* Mounts over the directory $0, fills it when $1 says so, and becomes the rest. */
static const char script[] =
    "mount -t tmpfs -o size=64k none \"$0\" || exit 77\n"
    "[ \"$1\" = full ] && dd if=/dev/zero of=\"$0/fill\" bs=1k count=64 2>/dev/null\n"
    "shift\n"
    "exec \"$@\"\n";

static void run_on_disk(struct fixture *f, const char *fullness, const char *const *argv,
                        const char *disk, struct process_result *ran)
{
    const char *words[ARGS_MAX] = {"unshare", "-rm", "sh", "-c", script, disk, fullness};
    char program[FIXTURE_PATH_MAX];
    char directory[FIXTURE_PATH_MAX];
    char lines[3][FIXTURE_PATH_MAX];
    struct error err;
    size_t n = 7;
    assert_ok(process_own_directory(directory, sizeof directory, &err), &err);
    snprintf(program, sizeof program, "%.*s/../bin/%s", FIXTURE_PATH_MAX - 64, directory, argv[0]);
    words[n++] = program;
    for (size_t i = 1; argv[i] != NULL; i++)
        words[n++] = argv[i];
    snprintf(lines[0], sizeof lines[0], "AWS_ENDPOINT_URL_S3=%s", f->endpoint.url);
    snprintf(lines[1], sizeof lines[1], "AWS_ACCESS_KEY_ID=%s", f->endpoint.access_key_id);
    snprintf(lines[2], sizeof lines[2], "AWS_SECRET_ACCESS_KEY=%s", f->endpoint.secret_access_key);
    const char *const env[] = {lines[0],   lines[1], lines[2], "AWS_REGION=us-east-1",
                               "LC_ALL=C", NULL};
    assert_ok(
        process_run(&(struct process_options){.argv = words, .env_set = env, .timeout_ms = 60000},
                    ran, &err),
        &err);
}

static bool can_mount(void)
{
    struct process_result ran;
    static const char *const words[] = {"unshare", "-rm",  "mount", "-t",
                                        "tmpfs",   "none", "/tmp",  NULL};
    if (process_run(&(struct process_options){.argv = words, .timeout_ms = 60000}, &ran, NULL) !=
        STATUS_OK)
        return false;
    const bool can = ran.exit_code == 0;
    process_result_release(&ran);
    return can;
}

static void expect_one_line(const struct process_result *ran)
{
    if (ran->exit_code != 1 || strstr(ran->err.data, "No space left on device") == NULL ||
        strchr(ran->err.data, '\n') != ran->err.data + ran->err.len - 1)
        fail_msg("exit %d: %s", ran->exit_code, ran->err.data);
}

static void a_full_disk_is_said(void **state)
{
    struct fixture *f = *state;
    struct process_result ran;
    char disk[FIXTURE_PATH_MAX];
    char path[FIXTURE_PATH_MAX];
    fixture_directory(f, disk);
    snprintf(path, sizeof path, "%.*s/days", FIXTURE_PATH_MAX - 16, disk);
    run_on_disk(f, "empty",
                FIXTURE_ARGS("s3-generate", "-r", "100", "-f", "50", "--from", "2024-01-14", "--to",
                             "2024-01-14", "--to-dir", path),
                disk, &ran);
    expect_one_line(&ran);
    process_result_release(&ran);
    snprintf(path, sizeof path, "%.*s/manifest.jsonl", FIXTURE_PATH_MAX - 32, disk);
    run_on_disk(f, "full",
                FIXTURE_ARGS("s3-generate", "-r", "10", "-f", "5", "--from", "2024-01-14", "--to",
                             "2024-01-14", "-b", fixture_bucket(f), "--manifest", path),
                disk, &ran);
    expect_one_line(&ran);
    process_result_release(&ran);
    snprintf(path, sizeof path, "%.*s/results", FIXTURE_PATH_MAX - 16, disk);
    run_on_disk(f, "full",
                FIXTURE_ARGS("s3-bench", "run", "--quiet", "--objects", "10", "--days", "1",
                             "--rounds", "1", "--concurrency", "1,4", "--latency", "minio-lan",
                             "--out", path),
                disk, &ran);
    expect_one_line(&ran);
    process_result_release(&ran);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_is_said),
    };
    if (!can_mount()) {
        printf("skipped: no mount namespace here to have a full disk in\n");
        return FIXTURE_SKIPPED;
    }
    return FIXTURE_MAIN(tests);
}
