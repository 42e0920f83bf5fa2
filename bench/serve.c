/* SPDX-License-Identifier: MIT */
/*
 * serve - starts the server, says where it is, and stays: until a signal, or as long as the command
 * after "--" runs.
 */
#include "bench/serve.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "bench/server/server.h"
#include "lib/base/hash.h"
#include "lib/base/rng.h"
#include "lib/base/units.h"
#include "lib/tool/exit_code.h"
#include "lib/tool/log.h"
#include "lib/tool/print.h"
#include "lib/tool/process.h"

#define PROGRAM          "s3-bench"
#define REGION           "us-east-1"
#define ACCESS_KEY_ENV   "S3_BENCH_ACCESS_KEY_ID"
#define SECRET_KEY_ENV   "S3_BENCH_SECRET_ACCESS_KEY"
#define HOST_MAX         256
#define ACCESS_KEY_CHARS 20
#define SECRET_KEY_CHARS 40

struct listen_address {
    char host[HOST_MAX];
    uint16_t port;
};
struct serve_options {
    struct listen_address listen;
    const struct latency_profile *latency;
    const char *request_log;
    uint64_t memory_limit_bytes;
    uint64_t seed;
};
struct serve_credentials {
    char access_key_id[128];
    char secret_access_key[256];
    bool from_environment;
};

/* Options */

/* "127.0.0.1:9000", "[::1]:9000", "localhost:0" */
static enum status parse_listen(void *field, const char *value, struct error *err)
{
    struct listen_address address = {.port = 0};
    const char *colon = strrchr(value, ':');
    uint64_t port;
    if (colon == NULL || colon == value)
        return error_set(err, STATUS_INVALID, "'%s' is not HOST:PORT", value);
    const enum status status = uint_parse(colon + 1, 0, UINT16_MAX, &port, err);
    if (status != STATUS_OK)
        return status;
    const bool bracketed = value[0] == '[' && colon[-1] == ']';
    const char *host = bracketed ? value + 1 : value;
    const size_t len = (size_t)(colon - host) - (bracketed ? 1 : 0);
    if (len == 0 || len >= sizeof address.host)
        return error_set(err, STATUS_INVALID, "'%s' is not HOST:PORT", value);
    memcpy(address.host, host, len);
    address.port = (uint16_t)port;
    *(struct listen_address *)field = address;
    return STATUS_OK;
}

static enum status parse_latency(void *field, const char *value, struct error *err)
{
    const struct latency_profile *found = latency_profile_find(value);
    if (found != NULL) {
        *(const struct latency_profile **)field = found;
        return STATUS_OK;
    }
    char known[256] = "";
    size_t len = 0;
    for (const struct latency_profile *p = latency_profiles(); p->name != NULL; p++)
        len +=
            (size_t)snprintf(known + len, sizeof known - len, "%s%s", len > 0 ? ", " : "", p->name);
    return error_set(err, STATUS_INVALID, "unknown latency profile '%s' (known: %s)", value, known);
}

static const struct cli_option serve_options[] = {
    CLI_GROUP("Where"),
    CLI_CALL(0, "listen", "HOST:PORT", offsetof(struct serve_options, listen), parse_listen,
             "address to listen on; port 0 takes a free one (default 127.0.0.1:0)"),
    CLI_GROUP("How it behaves"),
    CLI_CALL(
        0, "latency", "PROFILE", offsetof(struct serve_options, latency), parse_latency,
        "simulated latency: none, s3-standard, s3-fast, s3-express or minio-lan (default none)"),
    CLI_UINT(
        0, "seed", "N", offsetof(struct serve_options, seed), 0, UINT64_MAX,
        "of the simulated latencies; the same seed delays the same requests alike (default 1)"),
    CLI_SIZE(0, "memory-limit", "SIZE", offsetof(struct serve_options, memory_limit_bytes), 0,
             UINT64_MAX,
             "bytes to store at most; more is answered with status 507 (default no limit)"),
    CLI_GROUP("What it tells"),
    CLI_STRING(0, "request-log", "FILE", offsetof(struct serve_options, request_log),
               "write one JSON line a request to this file"),
    CLI_END,
};

const struct cli_verb serve_verb = {
    .name = "serve",
    .synopsis = "[options] [-- COMMAND ...]",
    .summary = "an S3 server in memory, with simulated latency",
    .details =
        "The first line on stdout is the endpoint; the lines after it can be pasted into a shell. "
        "With a COMMAND, it is run with endpoint and credentials in its environment, nothing is "
        "printed, and the exit status is the command's. Otherwise SIGINT or SIGTERM ends the "
        "server with status 0. What is stored is gone then.\n"
        "\n"
        "Credentials are " ACCESS_KEY_ENV " and " SECRET_KEY_ENV " where both are set, "
        "otherwise made up; those of AWS_* are never used.\n"
        "\n"
        "Examples:\n"
        "  s3-bench serve --listen 127.0.0.1:9000\n"
        "  s3-bench serve --latency s3-standard -- pytest tests/\n",
    .options = serve_options,
};

/* Credentials */

static enum status random_text(char *out, size_t len, struct error *err)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; /* 32: no modulo bias */
    uint8_t bytes[SECRET_KEY_CHARS];
    if (len > sizeof bytes || rng_entropy(bytes, len) != 0)
        return error_set(err, STATUS_IO, "the system has no random numbers for credentials");
    for (size_t i = 0; i < len; i++)
        out[i] = alphabet[bytes[i] % 32];
    out[len] = '\0';
    return STATUS_OK;
}

static enum status credentials_choose(struct serve_credentials *c, struct error *err)
{
    const char *id = getenv(ACCESS_KEY_ENV);
    const char *secret = getenv(SECRET_KEY_ENV);
    if ((id == NULL) != (secret == NULL))
        return error_set(err, STATUS_INVALID,
                         "set both " ACCESS_KEY_ENV " and " SECRET_KEY_ENV ", or neither");
    if (id == NULL) {
        const enum status status = random_text(c->access_key_id, ACCESS_KEY_CHARS, err);
        return status != STATUS_OK ? status
                                   : random_text(c->secret_access_key, SECRET_KEY_CHARS, err);
    }
    c->from_environment = true;
    const int id_len = snprintf(c->access_key_id, sizeof c->access_key_id, "%s", id);
    const int secret_len =
        snprintf(c->secret_access_key, sizeof c->secret_access_key, "%s", secret);
    if (id_len < 1 || id_len >= (int)sizeof c->access_key_id || strchr(id, '/') != NULL ||
        secret_len < 1 || secret_len >= (int)sizeof c->secret_access_key)
        return error_set(err, STATUS_INVALID,
                         ACCESS_KEY_ENV " or " SECRET_KEY_ENV " is empty, too long or has a '/'");
    return STATUS_OK;
}

/* What the client needs */

static const char *const foreign_variables[] = {"AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN",
                                                "AWS_PROFILE", NULL};

/* A secret that the user gave us is not repeated: the shell knows it. */
static void print_environment(const struct s3_server *server, const struct serve_credentials *c)
{
    printf("%s\n", s3_server_url(server));
    printf("export AWS_ENDPOINT_URL=%s\n", s3_server_url(server));
    if (c->from_environment)
        printf("export AWS_ACCESS_KEY_ID=\"$" ACCESS_KEY_ENV "\"\n"
               "export AWS_SECRET_ACCESS_KEY=\"$" SECRET_KEY_ENV "\"\n");
    else
        printf("export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", c->access_key_id,
               c->secret_access_key);
    printf("export AWS_REGION=" REGION " AWS_DEFAULT_REGION=" REGION "\nunset");
    for (const char *const *name = foreign_variables; *name != NULL; name++)
        printf(" %s", *name);
    printf("\n");
    fflush(stdout);
}

/* Staying. SIGINT and SIGTERM are blocked in all threads and taken from here. */

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGCHLD);
    sigprocmask(SIG_BLOCK, set, NULL);
}

static void stay_until_signal(const sigset_t *set)
{
    int number;
    do
        number = sigwaitinfo(set, NULL);
    while (number != SIGINT && number != SIGTERM);
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid;
}

/* Until the command ends; what was sent to us alone is passed on to it. A Ctrl-C at the terminal
 * reaches it without our help. */
static void stay_with(struct process *p, const sigset_t *set)
{
    while (!has_ended(process_pid(p))) {
        siginfo_t info;
        const int number = sigwaitinfo(set, &info);
        if ((number == SIGTERM || number == SIGINT) && info.si_code <= 0)
            process_signal(p, number);
    }
}

static enum status run_command(const struct s3_server *server, const struct serve_credentials *c,
                               char **argv, const sigset_t *set, int *exit_status,
                               struct error *err)
{
    char url[160], id[160], secret[300];
    snprintf(url, sizeof url, "AWS_ENDPOINT_URL=%s", s3_server_url(server));
    snprintf(id, sizeof id, "AWS_ACCESS_KEY_ID=%s", c->access_key_id);
    snprintf(secret, sizeof secret, "AWS_SECRET_ACCESS_KEY=%s", c->secret_access_key);
    const char *const set_variables[] = {
        url, id, secret, "AWS_REGION=" REGION, "AWS_DEFAULT_REGION=" REGION, NULL};
    const struct process_options options = {.argv = (const char *const *)argv,
                                            .env_set = set_variables,
                                            .env_unset = foreign_variables,
                                            .inherit_output = true};
    struct process *p;
    enum status status = process_start(&options, &p, err);
    if (status != STATUS_OK)
        return status;
    stay_with(p, set);
    struct process_result result;
    status = process_wait(p, &result, err);
    if (status != STATUS_OK)
        return status;
    *exit_status = result.exit_code;
    process_result_release(&result);
    return STATUS_OK;
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

static enum status serve(const struct serve_options *options, char **command, struct log *log,
                         int *exit_status, struct error *err)
{
    struct serve_credentials credentials = {.from_environment = false};
    struct s3_server *server;
    sigset_t set;
    enum status status = credentials_choose(&credentials, err);
    if (status != STATUS_OK)
        return status;
    if (!is_loopback(options->listen.host))
        log_warning(log,
                    "listening on %s: others can reach this server, and what is said to it is "
                    "not encrypted",
                    options->listen.host);
    const struct s3_server_key key = {credentials.access_key_id, credentials.secret_access_key};
    const struct s3_server_options server_options = {
        .listen_host = options->listen.host,
        .port = options->listen.port,
        .keys = &key,
        .key_count = 1,
        .region = REGION,
        .latency = options->latency,
        .seed = options->seed,
        .memory_limit_bytes = options->memory_limit_bytes,
        .request_log = options->request_log,
    };
    block_signals(&set);
    status = s3_server_start(&server_options, &server, err);
    if (status != STATUS_OK)
        return status;
    if (command != NULL) {
        status = run_command(server, &credentials, command, &set, exit_status, err);
    } else {
        print_environment(server, &credentials);
        stay_until_signal(&set);
    }
    s3_server_stop(server);
    cleanse(&credentials, sizeof credentials);
    return status;
}

int serve_main(int argc, char **argv)
{
    struct serve_options options = {.listen = {.host = "127.0.0.1"}, .seed = 1};
    struct log log = {.program = PROGRAM, .fd = 2};
    struct cli_result parsed;
    struct error err;
    enum status status = cli_parse(serve_options, &options, argc, argv, &parsed, &err);
    if (status == STATUS_OK && parsed.given_help)
        return print_help(&log, &serve_verb);
    if (status == STATUS_OK && parsed.given_version)
        return print_version(&log);
    if (status == STATUS_OK && parsed.positional_count > 0)
        status = error_set(&err, STATUS_INVALID,
                           "unexpected argument '%s' (a command goes after --)", argv[0]);
    if (status != STATUS_OK) {
        log_error(&log, "%s", err.text);
        return EXIT_USAGE;
    }
    int exit_status = EXIT_DONE;
    status =
        serve(&options, parsed.rest < argc ? argv + parsed.rest : NULL, &log, &exit_status, &err);
    if (status == STATUS_OK)
        return exit_status;
    log_error(&log, "%s", err.text);
    return status == STATUS_INVALID ? EXIT_USAGE : EXIT_WORK_FAILED;
}
