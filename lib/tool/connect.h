/* SPDX-License-Identifier: MIT */
/*
 * connect - the options that all three programs share, and the way from them to an S3 client.
 *
 * Environment as the AWS tools read it: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION,
 * AWS_DEFAULT_REGION, AWS_PROFILE, AWS_CA_BUNDLE, AWS_MAX_ATTEMPTS and the credentials' own. This
 * and the programs' main files are the only places that read the environment.
 */
#ifndef KIT_TOOL_CONNECT_H
#define KIT_TOOL_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/s3/client.h"
#include "lib/tool/cli.h"
#include "lib/tool/log.h"
#include "lib/tool/progress.h"

struct connect_options {
    const char *endpoint_url;
    const char *region;
    const char *profile;
    const char *ca_bundle;
    bool no_sign_request;
    int addressing;        /* enum s3_addressing */
    uint64_t max_attempts; /* 0: AWS_MAX_ATTEMPTS, then 5 */
    /* Not in the table, since not every program has them. */
    const char *endpoint_option; /* what errors call endpoint_url; NULL: --endpoint-url */
    const char *region_option;   /* likewise; NULL: --region */
    const char *expected_bucket_owner;
    const char *expected_source_owner;
    bool requester_pays;
};
struct output_options {
    bool json;
    bool quiet;
    bool verbose;
    int progress; /* enum progress_mode */
};
extern const struct cli_option connect_option_table[]; /* offsets in struct connect_options */
extern const struct cli_option output_option_table[];  /* offsets in struct output_options */

/* A loop, a credentials source and a client in one. */
struct connection {
    struct http_loop *loop;
    bool loop_is_shared; /* another connection frees it */
    struct s3_credentials_source *credentials;
    struct s3_client *client;
};
/* `concurrency` is the cap of connections; the process's limit of open files is raised for them as
 * far as it may be. STATUS_INVALID is a usage error (bad endpoint, unreadable certificates),
 * STATUS_DENIED credentials that cannot be had. */
enum status connection_open(const struct connect_options *options, unsigned concurrency,
                            struct log *log, struct connection *out, struct error *err) MUST_USE;
/* A second connection over the loop of an open one, which must be closed after it. */
enum status connection_open_beside(const struct connect_options *options,
                                   const struct connection *first, struct log *log,
                                   struct connection *out, struct error *err) MUST_USE;
void connection_close(struct connection *c);
const char *connect_env(void *ctx, const char *name); /* getenv, for env_lookup_fn */

#endif
