/* SPDX-License-Identifier: MIT */
/* fixture - see fixture.h. Setting up and taking down; running programs is in programs.c. */
#include "tests/support/fixture.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/real_server.h"

#define DIRECTORY_DEPTH 64 /* descriptors nftw may hold */
#define FILE_MAX        (256u << 20)

static const char *const kind_names[] = {
    [TEST_ENDPOINT_EMBEDDED] = "embedded",
    [TEST_ENDPOINT_MINIO] = "minio",
    [TEST_ENDPOINT_VERSITYGW] = "versitygw",
};

/* The endpoint that ctest asks for. */
static enum test_endpoint_kind wanted_kind(void)
{
    const char *name = getenv("TEST_ENDPOINT");
    for (size_t i = 0; name && i < sizeof kind_names / sizeof *kind_names; i++) {
        if (strcmp(name, kind_names[i]) == 0)
            return (enum test_endpoint_kind)i;
    }
    return TEST_ENDPOINT_EMBEDDED;
}

bool fixture_available(void)
{
    char program[FIXTURE_PATH_MAX];
    enum test_endpoint_kind kind = wanted_kind();
    return kind == TEST_ENDPOINT_EMBEDDED || real_server_find(kind, program);
}

int fixture_skip(void)
{
    const char *required = getenv("REQUIRE_REAL_SERVERS");
    const char *name = kind_names[wanted_kind()];
    if (required && strcmp(required, "1") == 0) {
        printf("failed: no %s here, and REQUIRE_REAL_SERVERS=1\n", name);
        return 1;
    }
    printf("skipped: no %s here\n", name);
    return FIXTURE_SKIPPED;
}

/* Programs must not see what this machine happens to have set. */
static void clean_environment(void)
{
    static const char *const prefixes[] = {"AWS_", "S3_BENCH_", NULL};
    static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy",
                                        "no_proxy",   "HTTP_PROXY",  "HTTPS_PROXY",
                                        "ALL_PROXY",  "NO_PROXY",    NULL};
    extern char **environ;
    for (char **entry = environ; *entry;) {
        char name[256];
        bool ours = false;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(*entry, "="), *entry);
        for (const char *const *p = prefixes; *p; p++)
            ours = ours || strncmp(name, *p, strlen(*p)) == 0;
        for (const char *const *n = names; *n; n++)
            ours = ours || strcmp(name, *n) == 0;
        if (ours)
            unsetenv(name); /* moves the next one here */
        else
            entry++;
    }
}

static void start_embedded(struct fixture *f, const struct s3_server_options *options)
{
    const struct s3_server_key key = {.access_key_id = f->endpoint.access_key_id,
                                      .secret_access_key = f->endpoint.secret_access_key};
    struct s3_server_options with_key = options ? *options : (struct s3_server_options){0};
    struct error err;
    if (with_key.key_count == 0) {
        with_key.keys = &key;
        with_key.key_count = 1;
    }
    assert_ok(s3_server_start(&with_key, &f->server, &err), &err);
    snprintf(f->endpoint.url, sizeof f->endpoint.url, "%s", s3_server_url(f->server));
}

struct fixture *fixture_new(enum test_endpoint_kind kind, const struct s3_server_options *options)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *base = getenv("TMPDIR");
    struct error err;
    assert_non_null(f);
    clean_environment();
    f->endpoint = (struct test_endpoint){.kind = kind,
                                         .access_key_id = "fixture-key",
                                         .secret_access_key = "fixture-secret-of-this-test"};
    snprintf(f->root, sizeof f->root, "%s/s3-kit-test.XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->home, sizeof f->home, "%.*s/home", FIXTURE_PATH_MAX - 8, f->root);
    assert_int_equal(mkdir(f->home, 0700), 0);
    if (kind == TEST_ENDPOINT_EMBEDDED)
        start_embedded(f, options);
    else
        assert_ok(real_server_start(&f->endpoint, f->root, &f->server_pid, &err), &err);
    return f;
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

void fixture_free(struct fixture *f)
{
    if (!f)
        return;
    if (f->server)
        s3_server_stop(f->server);
    if (f->server_pid)
        real_server_stop(f->server_pid);
    if (nftw(f->root, remove_entry, DIRECTORY_DEPTH, FTW_DEPTH | FTW_PHYS) != 0)
        print_error("cannot remove %s: %s\n", f->root, strerror(errno));
    free(f);
}

int fixture_group_setup(void **state)
{
    *state = fixture_new(wanted_kind(), NULL);
    return 0;
}

int fixture_group_teardown(void **state)
{
    fixture_free(*state);
    *state = NULL;
    return 0;
}

void fixture_directory(struct fixture *f, char out[FIXTURE_PATH_MAX])
{
    snprintf(out, FIXTURE_PATH_MAX, "%.*s/dir-%u", FIXTURE_PATH_MAX - 16, f->root, f->names++);
    assert_int_equal(mkdir(out, 0700), 0);
}

void fixture_read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    buf_init(out, FILE_MAX);
    char piece[65536];
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_append(out, piece, got);
    bool broken = ferror(file) != 0;
    fclose(file);
    assert_false(broken);
    assert_int_equal(out->failed, STATUS_OK);
}

void fixture_write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    bool written = fwrite(data, 1, size, file) == size;
    written = fclose(file) == 0 && written;
    assert_true(written);
}
