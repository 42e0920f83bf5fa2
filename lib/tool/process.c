/* SPDX-License-Identifier: MIT */
/* process - see process.h. */
#include "lib/tool/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define OUTPUT_MAX_DEFAULT (16u << 20)
#define KILL_GRACE_MS      5000
#define STOP_GRACE_MS      30000 /* to clean up in, when the user wants no more of it */
#define WAIT_SLICE_MS      10    /* between looks at a child that cannot be polled for */
#define WAIT_MAX_MS        1000  /* no wait is longer; the loop goes round */

struct process {
    pid_t pid;
    int pid_fd;               /* readable once the child has ended; -1 where the kernel has none */
    int output[2];            /* read ends of its stdout and stderr, or -1 */
    int (*interrupted)(void); /* NULL once it was heeded */
    struct mono started;
    struct mono next_kill; /* when `next_signal` is due */
    int next_signal;       /* 0: no deadline */
    struct process_result result;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool names_variable(const char *entry, const char *name, size_t len)
{
    return strncmp(entry, name, len) == 0 && (entry[len] == '=' || entry[len] == '\0');
}

static bool is_replaced(const char *entry, const struct process_options *o)
{
    for (const char *const *set = o->env_set; set && *set; set++) {
        if (names_variable(entry, *set, strcspn(*set, "=")))
            return true;
    }
    for (const char *const *unset = o->env_unset; unset && *unset; unset++) {
        if (names_variable(entry, *unset, strlen(*unset)))
            return true;
    }
    return false;
}

/* The child's environment: an array to free(), of strings that are not ours. NULL: no memory. */
static char **make_environment(const struct process_options *o)
{
    size_t count = 1;
    for (char **e = environ; e && *e; e++)
        count++;
    for (const char *const *set = o->env_set; set && *set; set++)
        count++;
    char **result = calloc(count, sizeof *result);
    if (!result)
        return NULL;
    size_t at = 0;
    for (char **e = environ; e && *e; e++) {
        if (!is_replaced(*e, o))
            result[at++] = *e;
    }
    for (const char *const *set = o->env_set; set && *set; set++)
        result[at++] = (char *)*set;
    return result;
}

/* A pipe per stream, closed in children other than this one; the read ends do not block. */
static int open_pipes(struct process *p, int write_ends[2])
{
    for (int i = 0; i < 2; i++) {
        int ends[2];
        if (pipe(ends) != 0)
            return errno;
        p->output[i] = ends[0];
        write_ends[i] = ends[1];
        if (fcntl(ends[0], F_SETFD, FD_CLOEXEC) < 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) < 0 ||
            fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
            return errno;
    }
    return 0;
}

/* What happens in the child before the program: returns an errno value. */
static int add_actions(posix_spawn_file_actions_t *actions, const struct process_options *o,
                       const int write_ends[2])
{
    int failed = 0;
    if (o->directory)
        failed = posix_spawn_file_actions_addchdir_np(actions, o->directory);
    for (int i = 0; !failed && i < 2 && !o->inherit_output; i++)
        failed = posix_spawn_file_actions_adddup2(actions, write_ends[i], STDOUT_FILENO + i);
    return failed;
}

static int spawn(struct process *p, const struct process_options *o, const int write_ends[2])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char **environment = make_environment(o);
    if (!environment)
        return ENOMEM;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    /* Our network code ignores SIGPIPE; programs expect its default. */
    sigset_t defaults, mask;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigemptyset(&mask);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

    int failed = add_actions(&actions, o, write_ends);
    if (!failed)
        failed = posix_spawnp(&p->pid, o->argv[0], &actions, &attributes, (char *const *)o->argv,
                              environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free(environment);
    return failed;
}

static void process_free(struct process *p)
{
    close_fd(&p->pid_fd);
    close_fd(&p->output[0]);
    close_fd(&p->output[1]);
    process_result_release(&p->result);
    free(p);
}

enum status process_start(const struct process_options *options, struct process **out,
                          struct error *err)
{
    const struct clock *clock = clock_system();
    struct process *p = calloc(1, sizeof *p);
    if (!p)
        return error_set(err, STATUS_NO_MEMORY, "no memory to start %s", options->argv[0]);
    int write_ends[2] = {-1, -1};
    const size_t output_max = options->output_max ? options->output_max : OUTPUT_MAX_DEFAULT;
    p->pid_fd = p->output[0] = p->output[1] = -1;
    buf_init(&p->result.out, output_max);
    buf_init(&p->result.err, output_max);

    int failed = options->inherit_output ? 0 : open_pipes(p, write_ends);
    p->started = clock_mono(clock);
    if (!failed)
        failed = spawn(p, options, write_ends);
    close_fd(&write_ends[0]);
    close_fd(&write_ends[1]);
    if (failed) {
        process_free(p);
        return error_set(err, STATUS_IO, "cannot start %s: %s", options->argv[0], strerror(failed));
    }
    p->pid_fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
    if (p->pid_fd >= 0)
        (void)fcntl(p->pid_fd, F_SETFD, FD_CLOEXEC);
    p->interrupted = options->interrupted;
    if (options->timeout_ms > 0) {
        p->next_signal = SIGTERM;
        p->next_kill = mono_add_ms(p->started, options->timeout_ms);
    }
    *out = p;
    return STATUS_OK;
}

pid_t process_pid(const struct process *p)
{
    return p->pid;
}

void process_signal(struct process *p, int signal_number)
{
    kill(p->pid, signal_number); /* not reaped yet, so the id is still the child's */
}

/* Reads what is there; false at the end of the stream. What does not fit is dropped. */
static bool read_some(int fd, struct buf *into)
{
    char chunk[16384];
    ssize_t n = read(fd, chunk, sizeof chunk);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    const size_t room = into->max - into->len;
    buf_append(into, chunk, (size_t)n < room ? (size_t)n : room);
    return n > 0;
}

static void read_outputs(struct process *p, const struct pollfd *polled)
{
    struct buf *const into[2] = {&p->result.out, &p->result.err};
    for (int i = 0; i < 2; i++) {
        if (polled[i].revents && p->output[i] >= 0 && !read_some(p->output[i], into[i]))
            close_fd(&p->output[i]);
    }
}

/* Sends the signal that is due, if any, and says how long to wait for what comes next. */
static int enforce_deadline(struct process *p, struct mono now)
{
    int64_t wait_ms = p->pid_fd >= 0 ? WAIT_MAX_MS : WAIT_SLICE_MS;
    if (p->next_signal == 0)
        return (int)wait_ms;
    int64_t left_ms = (mono_since_ns(p->next_kill, now) + NS_PER_MS - 1) / NS_PER_MS;
    if (left_ms <= 0) {
        process_signal(p, p->next_signal);
        p->result.timed_out = true;
        p->next_signal = p->next_signal == SIGTERM ? SIGKILL : 0;
        p->next_kill = mono_add_ms(now, KILL_GRACE_MS);
        left_ms = KILL_GRACE_MS;
    }
    return (int)(left_ms < wait_ms ? left_ms : wait_ms);
}

/* Always SIGTERM: a Ctrl-C reaches the child by itself, and a second SIGINT would end it at once. */
static void pass_on_interruption(struct process *p)
{
    if (p->interrupted == NULL || p->interrupted() == 0)
        return;
    p->interrupted = NULL;
    process_signal(p, SIGTERM);
    p->next_signal = SIGKILL;
    p->next_kill = mono_add_ms(clock_mono(clock_system()), STOP_GRACE_MS);
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void take_usage(struct process_result *r, int wait_status, const struct rusage *usage)
{
    r->signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    r->exit_code = r->signal ? 128 + r->signal : WEXITSTATUS(wait_status);
    r->user_s = seconds(usage->ru_utime);
    r->system_s = seconds(usage->ru_stime);
    r->max_rss_bytes = (uint64_t)usage->ru_maxrss * 1024;
    r->voluntary_switches = (uint64_t)usage->ru_nvcsw;
    r->involuntary_switches = (uint64_t)usage->ru_nivcsw;
}

/* Output that was written before the end is still in the pipes. A grandchild may hold them open,
 * so their end is not waited for. */
static void drain_outputs(struct process *p)
{
    struct pollfd polled[2];
    do {
        for (int i = 0; i < 2; i++)
            polled[i] = (struct pollfd){.fd = p->output[i], .events = POLLIN};
        if (poll(polled, 2, 0) <= 0)
            break;
        read_outputs(p, polled);
    } while (p->output[0] >= 0 || p->output[1] >= 0);
}

enum status process_wait(struct process *p, struct process_result *result, struct error *err)
{
    const struct clock *clock = clock_system();
    enum status status = STATUS_OK;
    for (;;) {
        int wait_status;
        struct rusage usage;
        pid_t ended = wait4(p->pid, &wait_status, WNOHANG, &usage);
        if (ended == p->pid) {
            p->result.wall_s = mono_since_s(clock_mono(clock), p->started);
            take_usage(&p->result, wait_status, &usage);
            break;
        }
        if (ended < 0 && errno != EINTR) {
            status = error_set(err, STATUS_IO, "cannot wait for process %ld: %s", (long)p->pid,
                               strerror(errno));
            goto out;
        }
        pass_on_interruption(p);
        struct pollfd polled[3] = {
            {.fd = p->output[0], .events = POLLIN},
            {.fd = p->output[1], .events = POLLIN},
            {.fd = p->pid_fd, .events = POLLIN},
        };
        if (poll(polled, 3, enforce_deadline(p, clock_mono(clock))) > 0)
            read_outputs(p, polled);
    }
    drain_outputs(p);
    status = buf_status(&p->result.out, "a program's output", err);
    if (status == STATUS_OK)
        status = buf_status(&p->result.err, "a program's output", err);
    if (status == STATUS_OK) {
        *result = p->result;
        p->result = (struct process_result){0};
    }
out:
    process_free(p);
    return status;
}

enum status process_run(const struct process_options *options, struct process_result *result,
                        struct error *err)
{
    struct process *p;
    enum status status = process_start(options, &p, err);
    return status ? status : process_wait(p, result, err);
}

void process_result_release(struct process_result *r)
{
    buf_release(&r->out);
    buf_release(&r->err);
}

uint64_t process_own_peak_bytes(void)
{
    static const char name[] = "VmHWM:";
    char line[256];
    uint64_t kib = 0;
    FILE *status = fopen("/proc/self/status", "re");
    if (!status)
        return 0;
    while (kib == 0 && fgets(line, sizeof line, status)) {
        if (strncmp(line, name, sizeof name - 1) == 0)
            kib = strtoull(line + sizeof name - 1, NULL, 10);
    }
    (void)fclose(status);
    return kib * 1024;
}

enum status process_own_directory(char *out, size_t room, struct error *err)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0)
        return error_set(err, STATUS_IO, "cannot find the program's own directory: %s",
                         strerror(errno));
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    const size_t len = slash && slash > path ? (size_t)(slash - path) : 1;
    if (len + 1 > room)
        return error_set(err, STATUS_LIMIT, "the path of the program's own directory is too long");
    memcpy(out, path, len);
    out[len] = '\0';
    return STATUS_OK;
}
