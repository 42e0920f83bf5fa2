/* SPDX-License-Identifier: MIT */
/*
 * serve_environment - the credentials of `s3-bench serve`, and the variables that make clients use
 * them: the AWS SDKs and CLI, pyarrow, s5cmd, rclone and the kit's own programs.
 */
#ifndef KIT_BENCH_SERVE_ENVIRONMENT_H
#define KIT_BENCH_SERVE_ENVIRONMENT_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define SERVE_REGION         "us-east-1"
#define SERVE_ACCESS_KEY_ENV "S3_BENCH_ACCESS_KEY_ID"
#define SERVE_SECRET_KEY_ENV "S3_BENCH_SECRET_ACCESS_KEY"

struct serve_credentials {
    char access_key_id[128];
    char secret_access_key[256];
    bool from_environment;
};

/* Those of the S3_BENCH_ variables, or random ones; never the user's AWS ones. */
enum status serve_credentials_choose(struct serve_credentials *c, struct error *err) MUST_USE;

/* Appends shell lines that set and unset everything. A secret that came from the environment is
 * referred to and not repeated. */
void serve_environment_shell(const char *url, const struct serve_credentials *c, struct buf *out);

/* The same for a child: "NAME=value" texts. Holds the secret: release when the child runs. */
struct serve_environment {
    struct buf text;
    const char *set[32]; /* ended by NULL; point into `text` */
};
enum status serve_environment_init(struct serve_environment *e, const char *url,
                                   const struct serve_credentials *c, struct error *err) MUST_USE;
void serve_environment_release(struct serve_environment *e);
/* Variables that would lead elsewhere; ended by NULL. */
const char *const *serve_environment_unset(void);

#endif
