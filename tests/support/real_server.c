/* SPDX-License-Identifier: MIT */
/*
 * real_server - see real_server.h. A port is chosen by the kernel and let go again for the server
 * to take, so another process may be faster; then the server ends at once, and another is tried.
 */
#include "tests/support/real_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define STARTS_MAX        5
#define READY_TIMEOUT_MS  60000 /* a cold start on a busy machine takes seconds */
#define READY_INTERVAL_MS 20
#define STOP_TIMEOUT_MS   10000
#define ARGS_MAX          16
#define ENV_MAX           64

static const struct about {
    const char *variable;
    const char *program;
    const char *key_variable;
    const char *secret_variable;
    const char *health;
} abouts[] = {
    [TEST_ENDPOINT_MINIO] = {"MINIO_BIN", "minio", "MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD",
                             "/minio/health/live"},
    [TEST_ENDPOINT_VERSITYGW] = {"VERSITYGW_BIN", "versitygw", "ROOT_ACCESS_KEY", "ROOT_SECRET_KEY",
                                 "/health"},
};

/* What a child needs, made before the fork: between fork and exec nothing may allocate. */
struct launch {
    char program[FIXTURE_PATH_MAX];
    char data[FIXTURE_PATH_MAX];
    char log[FIXTURE_PATH_MAX];
    char address[32];
    char key[128];
    char secret[128];
    char home[FIXTURE_PATH_MAX];
    const char *argv[ARGS_MAX];
    const char *envp[ENV_MAX];
};

static bool find_in_path(const char *program, char out[FIXTURE_PATH_MAX])
{
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t len = strcspn(path, ":");
        snprintf(out, FIXTURE_PATH_MAX, "%.*s/%s", (int)len, path, program);
        if (access(out, X_OK) == 0)
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}

bool real_server_find(enum test_endpoint_kind kind, char out[FIXTURE_PATH_MAX])
{
    const char *named = getenv(abouts[kind].variable);
    if (!named || !*named)
        return find_in_path(abouts[kind].program, out);
    snprintf(out, FIXTURE_PATH_MAX, "%s", named);
    return access(out, X_OK) == 0;
}

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    bool bound = bind(fd, (struct sockaddr *)&address, len) == 0 &&
                 getsockname(fd, (struct sockaddr *)&address, &len) == 0;
    close(fd);
    return bound ? ntohs(address.sin_port) : 0;
}

static void launch_set_arguments(struct launch *l, enum test_endpoint_kind kind)
{
    const char *const minio[] = {l->program,    "server",   l->data,
                                 "--address",   l->address, "--console-address",
                                 "127.0.0.1:0", NULL};
    const char *const versitygw[] = {l->program, "--port",  l->address, "--health",
                                     "/health",  "--quiet", "posix",    NULL};
    size_t count = 0;
    const char *const *from = kind == TEST_ENDPOINT_MINIO ? minio : versitygw;
    for (; from[count]; count++)
        l->argv[count] = from[count];
    if (kind == TEST_ENDPOINT_VERSITYGW)
        l->argv[count++] = l->data;
    l->argv[count] = NULL;
}

static void launch_init(struct launch *l, const struct test_endpoint *e, const char *root,
                        uint16_t port)
{
    const struct about *about = &abouts[e->kind];
    memset(l, 0, sizeof *l);
    (void)real_server_find(e->kind, l->program);
    snprintf(l->data, sizeof l->data, "%s/data", root);
    snprintf(l->log, sizeof l->log, "%s/server.log", root);
    snprintf(l->address, sizeof l->address, "127.0.0.1:%u", port);
    snprintf(l->key, sizeof l->key, "%s=%s", about->key_variable, e->access_key_id);
    snprintf(l->secret, sizeof l->secret, "%s=%s", about->secret_variable, e->secret_access_key);
    snprintf(l->home, sizeof l->home, "HOME=%s", root);
    launch_set_arguments(l, e->kind);
    l->envp[0] = l->key;
    l->envp[1] = l->secret;
    l->envp[2] = l->home;
    l->envp[3] = "PATH=/usr/bin:/bin";
    (void)mkdir(l->data, 0700);
}

/* In the child; nothing but async-signal-safe calls. */
static void launch_exec(const struct launch *l, pid_t parent)
{
    /* Also when a time limit kills the test: no server stays behind. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(127);
    int log = open(l->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (log >= 0) {
        (void)dup2(log, STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
    }
    execve(l->program, (char *const *)l->argv, (char *const *)l->envp);
    _exit(127);
}

/* Whether GET `path` on the port is answered with 200. */
static bool answers(uint16_t port, const char *path)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 5};
    char request[256], reply[16] = "";
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool good = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                send(fd, request, (size_t)len, MSG_NOSIGNAL) == len &&
                recv(fd, reply, 12, MSG_WAITALL) == 12 && strcmp(reply, "HTTP/1.1 200") == 0;
    close(fd);
    return good;
}

/* 1 when it is ready, 0 when it ended (the port was taken), -1 when time is up. */
static int wait_ready(pid_t pid, uint16_t port, const char *health)
{
    const struct clock *clock = clock_system();
    const struct timespec interval = {.tv_nsec = READY_INTERVAL_MS * NS_PER_MS};
    struct mono deadline = mono_add_ms(clock_mono(clock), READY_TIMEOUT_MS);
    while (clock_mono(clock).ns < deadline.ns) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return 0;
        if (answers(port, health))
            return 1;
        nanosleep(&interval, NULL);
    }
    return -1;
}

enum status real_server_start(struct test_endpoint *endpoint, const char *root, pid_t *pid,
                              struct error *err)
{
    struct launch launch;
    for (int i = 0; i < STARTS_MAX; i++) {
        uint16_t port = free_port();
        launch_init(&launch, endpoint, root, port);
        pid_t parent = getpid();
        pid_t child = fork();
        if (child < 0)
            return error_set(err, STATUS_IO, "cannot fork");
        if (child == 0)
            launch_exec(&launch, parent);
        int ready = wait_ready(child, port, abouts[endpoint->kind].health);
        if (ready > 0) {
            snprintf(endpoint->url, sizeof endpoint->url, "http://%s", launch.address);
            *pid = child;
            return STATUS_OK;
        }
        if (ready < 0)
            real_server_stop(child);
    }
    return error_set(err, STATUS_NETWORK, "%s does not come up; see %s", launch.program,
                     launch.log);
}

void real_server_stop(pid_t pid)
{
    const struct timespec interval = {.tv_nsec = READY_INTERVAL_MS * NS_PER_MS};
    kill(pid, SIGTERM);
    for (int waited_ms = 0; waited_ms < STOP_TIMEOUT_MS; waited_ms += READY_INTERVAL_MS) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return;
        nanosleep(&interval, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
