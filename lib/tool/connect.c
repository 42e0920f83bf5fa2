/* SPDX-License-Identifier: MIT */
/* connect - see connect.h. */
#include "lib/tool/connect.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/rng.h"
#include "lib/base/units.h"

#define REGION_DEFAULT "us-east-1"
#define ATTEMPTS_MAX   100
#define FILES_BESIDES  64 /* descriptors beside those of connections */

static const char *const addressing_choices[] = {"auto", "path", "virtual", NULL};
static const char *const progress_choices[] = {"auto", "always", "never", NULL};

const struct cli_option connect_option_table[] = {
    CLI_GROUP("Where to connect"),
    CLI_STRING(0, "endpoint-url", "URL", offsetof(struct connect_options, endpoint_url),
               "the S3 endpoint, e.g. http://127.0.0.1:9000 (default $AWS_ENDPOINT_URL_S3, "
               "$AWS_ENDPOINT_URL, then AWS in the region)"),
    CLI_STRING(0, "region", "NAME", offsetof(struct connect_options, region),
               "the region (default $AWS_REGION, $AWS_DEFAULT_REGION, the profile's, then "
               "us-east-1)"),
    CLI_STRING(0, "profile", "NAME", offsetof(struct connect_options, profile),
               "the profile of ~/.aws to use (default $AWS_PROFILE, then \"default\")"),
    CLI_FLAG(0, "no-sign-request", offsetof(struct connect_options, no_sign_request),
             "send requests unsigned, for public buckets"),
    CLI_STRING(0, "ca-bundle", "FILE", offsetof(struct connect_options, ca_bundle),
               "certificates to trust, in PEM (default $AWS_CA_BUNDLE, then the system's)"),
    CLI_CHOICE(0, "addressing-style", "auto|path|virtual",
               offsetof(struct connect_options, addressing), addressing_choices,
               "where the bucket's name goes: into the path or the host name (default auto: "
               "virtual on AWS, path elsewhere)"),
    CLI_UINT(0, "max-attempts", "N", offsetof(struct connect_options, max_attempts), 1,
             ATTEMPTS_MAX,
             "attempts at a request before it counts as failed (default $AWS_MAX_ATTEMPTS, then "
             "5)"),
    CLI_END,
};

const struct cli_option output_option_table[] = {
    CLI_GROUP("What to print"),
    CLI_FLAG(0, "json", offsetof(struct output_options, json),
             "print one JSON document on stdout, also when the work failed"),
    CLI_FLAG('q', "quiet", offsetof(struct output_options, quiet),
             "print errors and warnings only"),
    CLI_CHOICE(0, "progress", "auto|always|never", offsetof(struct output_options, progress),
               progress_choices,
               "how far the work is, on stderr (default auto: redrawn on a terminal, else a line "
               "every 30 seconds)"),
    CLI_FLAG('v', "verbose", offsetof(struct output_options, verbose),
             "print what is requested and answered, without secrets"),
    CLI_END,
};

const char *connect_env(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

/* A setting and the name that errors give its source. */
struct setting {
    const char *value; /* NULL when nobody set it */
    const char *source;
};

/* The option where it was given, else the first of the variables that is set and not empty. */
static struct setting choose(const char *value, const char *option, const char *variable,
                             const char *other_variable)
{
    const char *const variables[] = {variable, other_variable};
    if (value)
        return (struct setting){value, option};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *found = variables[i] ? connect_env(NULL, variables[i]) : NULL;
        if (found && *found)
            return (struct setting){found, variables[i]};
    }
    return (struct setting){0};
}

static const char *name_of(const char *option, const char *usual)
{
    return option ? option : usual;
}

static enum status resolve_endpoint(const struct connect_options *options,
                                    const struct s3_credentials_options *credentials,
                                    struct s3_endpoint *out, struct error *err)
{
    const struct setting url =
        choose(options->endpoint_url, name_of(options->endpoint_option, "--endpoint-url"),
               "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
    struct setting region = choose(options->region, name_of(options->region_option, "--region"),
                                   "AWS_REGION", "AWS_DEFAULT_REGION");
    char of_profile[64] = "";
    enum status status = STATUS_OK;
    if (!region.value) {
        status = s3_profile_region(credentials, of_profile, err);
        region = (struct setting){*of_profile ? of_profile : REGION_DEFAULT, "the profile"};
    }
    if (status)
        return status;
    status = s3_endpoint_init(out, url.value, NULL, (enum s3_addressing)options->addressing, err);
    if (status && url.value)
        error_prefix(err, "%s", url.source);
    if (status)
        return status;
    status = s3_endpoint_set_region(out, region.value, err);
    if (status)
        error_prefix(err, "%s", region.source);
    return status;
}

static enum status resolve_attempts(const struct connect_options *options, unsigned *out,
                                    struct error *err)
{
    uint64_t attempts = options->max_attempts;
    struct setting variable = choose(NULL, NULL, "AWS_MAX_ATTEMPTS", NULL);
    if (attempts == 0 && variable.value) {
        enum status status = uint_parse(variable.value, 1, ATTEMPTS_MAX, &attempts, err);
        if (status) {
            error_prefix(err, "%s", variable.source);
            return status;
        }
    }
    *out = (unsigned)attempts; /* 0: the client's own default */
    return STATUS_OK;
}

/* As many descriptors as connections need, and some for the rest of the program. */
static void make_room_for(unsigned concurrency, struct log *log)
{
    struct rlimit files;
    const rlim_t wanted = concurrency + FILES_BESIDES;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return;
    files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == wanted)
        return;
    if (log)
        log_warning(log,
                    "%u requests at once may want more open files than are allowed here (%llu, see "
                    "ulimit -n)",
                    concurrency, (unsigned long long)files.rlim_cur);
}

/* libcurl would complain at the first request only, and not say of which file. */
static enum status check_ca_bundle(struct setting bundle, struct error *err)
{
    if (!bundle.value || access(bundle.value, R_OK) == 0)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "%s: cannot read %.300s: %s", bundle.source, bundle.value,
                     strerror(errno));
}

static enum status open_loop(const struct connect_options *options, unsigned concurrency,
                             struct log *log, struct http_loop **out, struct error *err)
{
    const struct setting bundle = choose(options->ca_bundle, "--ca-bundle", "AWS_CA_BUNDLE", NULL);
    const struct http_loop_options loop = {
        .max_connections = concurrency,
        .ca_bundle = bundle.value,
        .verbose_to_log = log && log->debug,
        .log = log ? log_debug_line : NULL,
        .log_ctx = log,
        .clock = clock_system(),
    };
    make_room_for(concurrency, log);
    enum status status = check_ca_bundle(bundle, err);
    if (!status)
        status = http_global_init(err);
    return status ? status : http_loop_new(&loop, out, err);
}

/* Everything but the loop, which `c` has already. */
static enum status open_client(const struct connect_options *options, struct log *log,
                               struct connection *c, struct error *err)
{
    const struct s3_credentials_options credentials = {
        .profile = options->profile,
        .no_sign = options->no_sign_request,
        .env = connect_env,
        .clock = clock_system(),
    };
    struct s3_client_options client = {
        .loop = c->loop,
        .clock = clock_system(),
        .user_agent = "s3-compaction-kit/" KIT_VERSION,
        .expected_bucket_owner = options->expected_bucket_owner,
        .expected_source_owner = options->expected_source_owner,
        .requester_pays = options->requester_pays,
        .log = log && log->debug ? log_debug_line : NULL,
        .log_ctx = log,
    };
    enum status status = resolve_attempts(options, &client.max_attempts, err);
    if (!status)
        status = resolve_endpoint(options, &credentials, &client.endpoint, err);
    if (!status)
        status = s3_credentials_source_new(&credentials, &c->credentials, err);
    if (status)
        return status;
    if (rng_entropy(&client.seed, sizeof client.seed) != 0)
        client.seed = (uint64_t)clock_mono(client.clock).ns; /* jitter needs no more */
    client.credentials = c->credentials;
    return s3_client_new(&client, &c->client, err);
}

static enum status hand_out(enum status status, struct connection *c, struct connection *out)
{
    if (status)
        connection_close(c);
    else
        *out = *c;
    return status;
}

enum status connection_open(const struct connect_options *options, unsigned concurrency,
                            struct log *log, struct connection *out, struct error *err)
{
    struct connection c = {0};
    enum status status = open_loop(options, concurrency, log, &c.loop, err);
    if (!status)
        status = open_client(options, log, &c, err);
    return hand_out(status, &c, out);
}

enum status connection_open_beside(const struct connect_options *options,
                                   const struct connection *first, struct log *log,
                                   struct connection *out, struct error *err)
{
    struct connection c = {.loop = first->loop, .loop_is_shared = true};
    return hand_out(open_client(options, log, &c, err), &c, out);
}

void connection_close(struct connection *c)
{
    if (c->client)
        s3_client_free(c->client);
    if (!c->loop_is_shared)
        http_loop_free(c->loop);
    if (c->credentials)
        s3_credentials_source_free(c->credentials);
    *c = (struct connection){0};
}
