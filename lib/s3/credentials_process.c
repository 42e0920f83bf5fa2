/* SPDX-License-Identifier: MIT */
/*
 * credentials_process - the `credential_process` of a profile: a command that prints credentials
 * as JSON. Run without a shell; what it writes to stderr goes where ours does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/base/date.h"
#include "lib/base/hash.h"
#include "lib/s3/credentials_provider.h"

#define OUTPUT_MAX       65536
#define EXIT_POLL_MS     10
#define SECONDS_PER_HOUR 3600

extern char **environ;

/* One command on its way. */
struct child {
    pid_t pid;
    int fd; /* reads its stdout */
    const struct clock *clock;
    struct mono deadline;
    int64_t timeout_ms;
};

/* Copies one word to `out` without its quotes; returns what follows it, or NULL when a quote or a
 * backslash is left open. */
static const char *word_read(const char *p, char *out, size_t *len)
{
    char quote = '\0';
    size_t n = 0;
    for (; *p && (quote || (*p != ' ' && *p != '\t')); p++) {
        bool escapes =
            *p == '\\' && quote != '\'' && (!quote || p[1] == '"' || p[1] == '\\' || p[1] == '\0');
        if (escapes) {
            if (!*++p)
                return NULL;
            out[n++] = *p;
        } else if (*p == quote) {
            quote = '\0';
        } else if (!quote && (*p == '"' || *p == '\'')) {
            quote = *p;
        } else {
            out[n++] = *p;
        }
    }
    out[n] = '\0';
    *len = n;
    return quote ? NULL : p;
}

enum status s3_command_split(const char *command, char *storage, char *words[COMMAND_WORDS_MAX + 1],
                             struct error *err)
{
    size_t count = 0;
    const char *p = command + strspn(command, " \t");
    while (*p) {
        size_t len;
        if (count == COMMAND_WORDS_MAX)
            return error_set(err, STATUS_INVALID, "credential_process has more than %d words",
                             COMMAND_WORDS_MAX);
        words[count++] = storage;
        p = word_read(p, storage, &len);
        if (!p)
            return error_set(err, STATUS_INVALID, "credential_process has an unclosed quote");
        storage += len + 1;
        p += strspn(p, " \t");
    }
    if (count == 0)
        return error_set(err, STATUS_INVALID, "credential_process is empty");
    words[count] = NULL;
    return STATUS_OK;
}

/* A child must not inherit that we block signals or ignore SIGPIPE. */
static int attributes_set(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    int failed = posix_spawnattr_setsigmask(attributes, &none);
    failed |= posix_spawnattr_setsigdefault(attributes, &defaults);
    failed |= posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return failed;
}

/* Starts `words` with its stdout on `write_fd`; 0 or an errno value. */
static int spawn(char *const *words, int write_fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions))
        return ENOMEM;
    if (posix_spawnattr_init(&attributes)) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    int failed = attributes_set(&attributes);
    failed |= posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    failed |= posix_spawn_file_actions_adddup2(&actions, write_fd, 1);
    if (failed)
        failed = ENOMEM;
    else
        failed = posix_spawnp(pid, words[0], &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static enum status child_start(struct child *child, char *const *words, struct error *err)
{
    int fds[2];
    if (pipe(fds) != 0)
        return error_set(err, STATUS_IO, "cannot make a pipe: %s", strerror(errno));
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    int failed = spawn(words, fds[1], &child->pid);
    close(fds[1]);
    if (failed) {
        close(fds[0]);
        return error_set(err, STATUS_DENIED, "credential_process: cannot run '%.200s': %s",
                         words[0], strerror(failed));
    }
    child->fd = fds[0];
    return STATUS_OK;
}

static int64_t left_ms(const struct child *child)
{
    int64_t ns = mono_since_ns(child->deadline, clock_mono(child->clock));
    return ns > 0 ? ns / NS_PER_MS + 1 : 0;
}

static enum status timed_out(const struct child *child, struct error *err)
{
    return error_set(err, STATUS_DENIED, "credential_process did not end within %lld s",
                     (long long)((child->timeout_ms + 999) / 1000));
}

/* Reads to the end of the output, or to the deadline. */
static enum status child_read(const struct child *child, char *out, size_t *len, struct error *err)
{
    size_t n = 0;
    for (;;) {
        struct pollfd fd = {.fd = child->fd, .events = POLLIN};
        int ready = poll(&fd, 1, (int)left_ms(child));
        if (ready == 0)
            return timed_out(child, err);
        ssize_t got = ready < 0 ? -1 : read(child->fd, out + n, OUTPUT_MAX - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, STATUS_IO, "credential_process: %s", strerror(errno));
        if (got == 0)
            break;
        n += (size_t)got;
        if (n == OUTPUT_MAX)
            return error_set(err, STATUS_DENIED, "credential_process printed more than %d bytes",
                             OUTPUT_MAX);
    }
    *len = n;
    return STATUS_OK;
}

/* Collects the exit status. A child that closed its output but stays is given the time left. */
static enum status child_wait(const struct child *child, struct error *err)
{
    int how = 0;
    pid_t got;
    while ((got = waitpid(child->pid, &how, WNOHANG)) == 0) {
        int64_t left = left_ms(child);
        if (left == 0)
            return timed_out(child, err);
        poll(NULL, 0, left < EXIT_POLL_MS ? (int)left : EXIT_POLL_MS);
    }
    if (got < 0) /* someone else collected it: the output has to speak for itself */
        return STATUS_OK;
    if (WIFSIGNALED(how))
        return error_set(err, STATUS_DENIED, "credential_process was ended by signal %d",
                         WTERMSIG(how));
    if (WEXITSTATUS(how) != 0)
        return error_set(err, STATUS_DENIED, "credential_process failed with exit status %d",
                         WEXITSTATUS(how));
    return STATUS_OK;
}

static enum status run(char *const *words, int64_t timeout_ms, const struct clock *clock, char *out,
                       size_t *len, struct error *err)
{
    struct child child = {
        .clock = clock,
        .deadline = mono_add_ms(clock_mono(clock), timeout_ms),
        .timeout_ms = timeout_ms,
    };
    enum status status = child_start(&child, words, err);
    if (status)
        return status;
    status = child_read(&child, out, len, err);
    close(child.fd);
    if (!status)
        status = child_wait(&child, err);
    if (status) {
        /* Ends it if it still runs; one that was collected above is not waited for again. */
        if (waitpid(child.pid, NULL, WNOHANG) == 0) {
            kill(child.pid, SIGKILL);
            while (waitpid(child.pid, NULL, 0) < 0 && errno == EINTR)
                ;
        }
    }
    return status;
}

/* ISO 8601 with "Z" or an offset like "+00:00", which the AWS CLI prints. */
static enum status expiration_parse(const char *text, int64_t *unix_s, struct error *err)
{
    char utc[64];
    size_t len = strlen(text);
    const char *zone = len > 6 ? text + len - 6 : text;
    bool has_offset =
        len > 16 && len < sizeof utc && (*zone == '+' || *zone == '-') && zone[3] == ':';
    if (!has_offset)
        return date_parse_iso8601(text, unix_s, err);
    for (int i = 1; i < 6; i++) {
        if (i != 3 && (zone[i] < '0' || zone[i] > '9'))
            return date_parse_iso8601(text, unix_s, err); /* which says what is wrong */
    }
    int64_t offset_s = ((zone[1] - '0') * 10 + (zone[2] - '0')) * SECONDS_PER_HOUR +
                       ((zone[4] - '0') * 10 + (zone[5] - '0')) * 60;
    snprintf(utc, sizeof utc, "%.*sZ", (int)(zone - text), text);
    enum status status = date_parse_iso8601(utc, unix_s, err);
    if (!status)
        *unix_s -= *zone == '+' ? offset_s : -offset_s;
    return status;
}

static const char *member(const json_t *root, const char *name)
{
    const char *text = json_string_value(json_object_get(root, name));
    return text ? text : "";
}

/* jansson's copy of a secret is ours to wipe: the object goes next. */
static void member_cleanse(const json_t *root, const char *name)
{
    const json_t *value = json_object_get(root, name);
    if (json_is_string(value))
        cleanse((void *)(uintptr_t)json_string_value(value), json_string_length(value));
}

static enum status reply_read(const json_t *root, struct s3_credentials *out, struct error *err)
{
    struct s3_credentials made;
    const char *expires = member(root, "Expiration");
    if (json_integer_value(json_object_get(root, "Version")) != 1)
        return error_set(err, STATUS_DENIED,
                         "credential_process printed something else than JSON with \"Version\": 1");
    enum status status =
        s3_credentials_fill(&made, "the output of credential_process", member(root, "AccessKeyId"),
                            member(root, "SecretAccessKey"), member(root, "SessionToken"), err);
    if (status)
        return status;
    if (*expires && expiration_parse(expires, &made.expires_unix_s, NULL))
        status = error_set(err, STATUS_DENIED,
                           "the Expiration that credential_process printed is not a time");
    if (!status)
        *out = made;
    s3_credentials_release(&made);
    return status;
}

static enum status reply_parse(const char *text, size_t len, struct s3_credentials *out,
                               struct error *err)
{
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL); /* no text: it may quote */
    enum status status = reply_read(root, out, err);
    member_cleanse(root, "SecretAccessKey");
    member_cleanse(root, "SessionToken");
    json_decref(root);
    return status;
}

enum status s3_process_credentials(const char *command, int64_t timeout_ms,
                                   const struct clock *clock, struct s3_credentials *out,
                                   struct error *err)
{
    char *words[COMMAND_WORDS_MAX + 1];
    size_t len = 0;
    char *storage = malloc(strlen(command) + 1);
    char *output = malloc(OUTPUT_MAX);
    enum status status = STATUS_OK;
    if (!storage || !output)
        status = error_set(err, STATUS_NO_MEMORY, "no memory for credential_process");
    if (!status)
        status = s3_command_split(command, storage, words, err);
    if (!status)
        status = run(words, timeout_ms, clock, output, &len, err);
    if (!status)
        status = reply_parse(output, len, out, err);
    if (output)
        cleanse(output, OUTPUT_MAX);
    free(output);
    free(storage);
    return status;
}
