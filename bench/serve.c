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

#include "bench/file.h"
#include "bench/keyring.h"
#include "bench/serve_environment.h"
#include "bench/server/fault_rules.h"
#include "bench/server/latency_file.h"
#include "bench/server/server.h"
#include "lib/base/hash.h"
#include "lib/base/units.h"
#include "lib/tool/exit_code.h"
#include "lib/tool/log.h"
#include "lib/tool/print.h"
#include "lib/tool/process.h"

#define PROGRAM        "s3-bench"
#define HOST_MAX       256
#define FILE_BYTES_MAX (1u << 20) /* of a fault or latency file */

struct listen_address {
    char host[HOST_MAX];
    uint16_t port;
};
struct serve_options {
    enum s3_server_quirks quirks;
    struct listen_address listen;
    struct latency_profile latency; /* with what the other options add to it */
    struct rate_limit_model rate_limit;
    bool rate_limit_given;
    bool stalls;
    int64_t connect_cost_ms;
    struct fault_rules *faults;
    const char *request_log;
    struct keyring ring; /* of --credentials; the server's own key joins it */
    const char *domain;
    uint64_t memory_limit_bytes;
    uint64_t seed;
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

static enum status parse_credentials(void *field, const char *value, struct error *err)
{
    return keyring_read_file(field, value, err);
}

static enum status parse_domain(void *field, const char *value, struct error *err)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    if (value[0] == '\0' || value[0] == '.' || strspn(value, letters) != strlen(value))
        return error_set(err, STATUS_INVALID,
                         "'%s' is not a domain: give a name alone, as in s3.example.com", value);
    *(const char **)field = value;
    return STATUS_OK;
}

/* Errors that name the file, as all that has a line in it. */
static enum status read_text(const char *path, struct buf *text, struct error *err)
{
    buf_init(text, FILE_BYTES_MAX);
    const enum status status = file_read(path, text, err);
    return status == STATUS_OK ? STATUS_OK : error_set(err, STATUS_INVALID, "%s", err->text);
}

/* A built-in profile, or the file of one's own. */
static enum status parse_latency(void *field, const char *value, struct error *err)
{
    const struct latency_profile *found = latency_profile_find(value);
    if (found != NULL) {
        *(struct latency_profile *)field = *found;
        return STATUS_OK;
    }
    if (strchr(value, '/') == NULL && strchr(value, '.') == NULL) {
        char known[256];
        latency_profile_names(known, sizeof known);
        return error_set(err, STATUS_INVALID,
                         "unknown latency profile '%s' (known: %s, or a file such as ./mine.json)",
                         value, known);
    }
    struct buf text;
    enum status status = read_text(value, &text, err);
    if (status == STATUS_OK) {
        status = latency_file_parse(text.data, text.len, field, err);
        if (status != STATUS_OK)
            error_prefix(err, "%s", value);
    }
    buf_release(&text);
    return status;
}

static enum status parse_faults(void *field, const char *value, struct error *err)
{
    struct fault_rules *rules = NULL;
    struct buf text;
    enum status status = read_text(value, &text, err);
    if (status == STATUS_OK) {
        status = fault_rules_parse(text.data, text.len, &rules, err);
        if (status != STATUS_OK)
            error_prefix(err, "%s", value);
    }
    buf_release(&text);
    if (status != STATUS_OK)
        return status;
    fault_rules_free(*(struct fault_rules **)field);
    *(struct fault_rules **)field = rules;
    return STATUS_OK;
}

/* "s3", "none", "100,50" or "100,50,2" */
static enum status parse_rate_limit(void *field, const char *value, struct error *err)
{
    static const struct rate_limit_model s3 = RATE_LIMIT_S3;
    struct serve_options *o = (void *)((char *)field - offsetof(struct serve_options, rate_limit));
    uint64_t numbers[3] = {0, 0, 0};
    size_t count = 0;
    o->rate_limit_given = true;
    o->rate_limit = strcmp(value, "s3") == 0 ? s3 : (struct rate_limit_model){0};
    if (strcmp(value, "s3") == 0 || strcmp(value, "none") == 0)
        return STATUS_OK;
    bool good = true;
    for (const char *word = value; good && word != NULL && count < 3; count++) {
        char text[24];
        const size_t len = strcspn(word, ",");
        snprintf(text, sizeof text, "%.*s", (int)(len < sizeof text ? len : 0), word);
        good =
            uint_parse(text, count < 2 ? 1 : 0, count < 2 ? LATENCY_RATE_MAX : RATE_LIMIT_DEPTH_MAX,
                       &numbers[count], NULL) == STATUS_OK;
        word = word[len] == ',' ? word + len + 1 : NULL;
        good = good && (word == NULL || count < 2);
    }
    if (!good || count < 2)
        return error_set(err, STATUS_INVALID,
                         "'%s' is not s3, none or GETS,PUTS[,DEPTH], such as 5500,3500", value);
    o->rate_limit = (struct rate_limit_model){numbers[0], numbers[1], numbers[2]};
    return STATUS_OK;
}

static enum status parse_quirks(void *field, const char *value, struct error *err)
{
    static const char *const names[] = {[S3_QUIRKS_NONE] = "none",
                                        [S3_QUIRKS_MINIO] = "minio",
                                        [S3_QUIRKS_VERSITYGW] = "versitygw"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(value, names[i]) != 0)
            continue;
        *(enum s3_server_quirks *)field = (enum s3_server_quirks)i;
        return STATUS_OK;
    }
    return error_set(err, STATUS_INVALID, "unknown quirks '%s' (known: none, minio, versitygw)",
                     value);
}

static const struct cli_option serve_options[] = {
    CLI_GROUP("Where"),
    CLI_CALL(0, "listen", "HOST:PORT", offsetof(struct serve_options, listen), parse_listen,
             "address to listen on; port 0 takes a free one (default 127.0.0.1:0)"),
    CLI_CALL(0, "domain", "NAME", offsetof(struct serve_options, domain), parse_domain,
             "take requests to BUCKET.NAME for that bucket, as those to BUCKET.localhost"),
    CLI_GROUP("How it behaves"),
    CLI_CALL(0, "latency", "PROFILE|FILE", offsetof(struct serve_options, latency), parse_latency,
             "simulated latency: none, s3-standard, s3-fast, s3-express, minio-lan, or a JSON file "
             "with a model of one's own (default none)"),
    CLI_CALL(0, "rate-limit", "s3|none|GETS,PUTS[,DEPTH]",
             offsetof(struct serve_options, rate_limit), parse_rate_limit,
             "requests a second for each bucket, or prefix of DEPTH slashes; more are answered "
             "with 503 SlowDown; s3 is 5500,3500 (default the latency file's, otherwise none)"),
    CLI_FLAG(0, "stalls", offsetof(struct serve_options, stalls),
             "let 0.01 % of the requests take a second longer"),
    CLI_DURATION(0, "connect-cost", "TIME", offsetof(struct serve_options, connect_cost_ms),
                 "let the first request of each connection take so much longer, as a TLS handshake "
                 "does (default the latency file's, otherwise none)"),
    CLI_CALL(0, "quirks", "SERVER", offsetof(struct serve_options, quirks), parse_quirks,
             "answer as minio or versitygw do where they differ from S3 (default none)"),
    CLI_CALL(0, "faults", "FILE", offsetof(struct serve_options, faults), parse_faults,
             "what goes wrong, as a JSON file of rules (docs/faults.md)"),
    CLI_UINT(
        0, "seed", "N", offsetof(struct serve_options, seed), 0, UINT64_MAX,
        "of simulated latencies and of faults with a probability; the same seed treats the same "
        "requests alike (default 1)"),
    CLI_SIZE(0, "memory-limit", "SIZE", offsetof(struct serve_options, memory_limit_bytes), 0,
             UINT64_MAX,
             "memory to store in, keys and headers counted; more is answered with status 507 "
             "(default no limit)"),
    CLI_CALL(0, "credentials", "FILE", offsetof(struct serve_options, ring), parse_credentials,
             "more keys to accept: all profiles of this file, of the form of ~/.aws/credentials"),
    CLI_GROUP("What it tells"),
    CLI_STRING(0, "request-log", "FILE", offsetof(struct serve_options, request_log),
               "write one JSON line a request to this file"),
    CLI_END,
};

const struct cli_verb serve_verb = {
    .name = "serve",
    .synopsis = "[options] [-- COMMAND ...]",
    .summary = "an S3 server in memory, with simulated latency and faults",
    .details =
        "The first line on stdout is the endpoint; the lines after it can be pasted into a shell. "
        "With a COMMAND, it is run with endpoint and credentials in its environment, nothing is "
        "printed, and the exit status is the command's. Otherwise SIGINT or SIGTERM ends the "
        "server with status 0. What is stored is gone then.\n"
        "\n"
        "Credentials are " SERVE_ACCESS_KEY_ENV " and " SERVE_SECRET_KEY_ENV " where both are set, "
        "otherwise made up; those of AWS_* are never used.\n"
        "\n"
        "Examples:\n"
        "  s3-bench serve --listen 127.0.0.1:9000\n"
        "  s3-bench serve --latency s3-standard -- pytest tests/\n"
        "  s3-bench serve --faults faults.json --request-log requests.jsonl -- ./my-program\n",
    .options = serve_options,
};

static void print_environment(const struct s3_server *server, const struct serve_credentials *c)
{
    struct buf lines;
    buf_init(&lines, 1u << 16);
    serve_environment_shell(s3_server_url(server), c, &lines);
    printf("%s\n%s", s3_server_url(server), lines.data);
    fflush(stdout);
    cleanse(lines.data, lines.len);
    buf_release(&lines);
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
    struct serve_environment environment;
    enum status status = serve_environment_init(&environment, s3_server_url(server), c, err);
    const struct process_options options = {.argv = (const char *const *)argv,
                                            .env_set = environment.set,
                                            .env_unset = serve_environment_unset(),
                                            .inherit_output = true};
    struct process *p;
    if (status == STATUS_OK)
        status = process_start(&options, &p, err);
    serve_environment_release(&environment);
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

/* The profile, and on top of it what was asked for by options. */
static struct latency_profile latency_chosen(const struct serve_options *o)
{
    struct latency_profile chosen = o->latency;
    if (o->rate_limit_given)
        chosen.limits = o->rate_limit;
    if (o->stalls) {
        chosen.stall_probability = LATENCY_STALL_PROBABILITY;
        chosen.stall_ms = LATENCY_STALL_MS;
    }
    if (o->connect_cost_ms > 0)
        chosen.connect_ms = (double)o->connect_cost_ms;
    return chosen;
}

/* Listens, and stays. */
static enum status serve_with(const struct serve_options *options,
                              const struct serve_credentials *credentials, char **command,
                              int *exit_status, struct error *err)
{
    const struct latency_profile latency = latency_chosen(options);
    const struct s3_server_options server_options = {
        .quirks = options->quirks,
        .listen_host = options->listen.host,
        .port = options->listen.port,
        .keys = options->ring.keys,
        .key_count = options->ring.count,
        .region = SERVE_REGION,
        .domain = options->domain,
        .latency = &latency,
        .faults = options->faults,
        .seed = options->seed,
        .memory_limit_bytes = options->memory_limit_bytes,
        .request_log = options->request_log,
    };
    struct s3_server *server;
    sigset_t set;
    block_signals(&set);
    enum status status = s3_server_start(&server_options, &server, err);
    if (status != STATUS_OK)
        return status;
    if (command != NULL) {
        status = run_command(server, credentials, command, &set, exit_status, err);
    } else {
        print_environment(server, credentials);
        stay_until_signal(&set);
    }
    s3_server_stop(server);
    return status;
}

static enum status serve(struct serve_options *options, char **command, struct log *log,
                         int *exit_status, struct error *err)
{
    struct serve_credentials credentials = {.from_environment = false};
    enum status status = serve_credentials_choose(&credentials, err);
    const struct s3_server_key own = {.access_key_id = credentials.access_key_id,
                                      .secret_access_key = credentials.secret_access_key};
    if (status == STATUS_OK)
        status = keyring_add(&options->ring, &own, err);
    if (status == STATUS_OK && !is_loopback(options->listen.host))
        log_warning(log,
                    "listening on %s: others can reach this server, and what is said to it is "
                    "not encrypted",
                    options->listen.host);
    if (status == STATUS_OK)
        status = serve_with(options, &credentials, command, exit_status, err);
    cleanse(&credentials, sizeof credentials);
    return status;
}

static int serve_run(struct serve_options *options, int argc, char **argv)
{
    struct log log = {.program = PROGRAM, .fd = 2};
    struct cli_result parsed;
    struct error err;
    enum status status = cli_parse(serve_options, options, argc, argv, &parsed, &err);
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
        serve(options, parsed.rest < argc ? argv + parsed.rest : NULL, &log, &exit_status, &err);
    if (status == STATUS_OK)
        return exit_status;
    log_error(&log, "%s", err.text);
    return status == STATUS_INVALID ? EXIT_USAGE : EXIT_WORK_FAILED;
}

int serve_main(int argc, char **argv)
{
    struct serve_options options = {.listen = {.host = "127.0.0.1"}, .seed = 1};
    options.latency = *latency_profile_find("none");
    const int exit_status = serve_run(&options, argc, argv);
    fault_rules_free(options.faults);
    keyring_release(&options.ring);
    return exit_status;
}
