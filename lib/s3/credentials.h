/* SPDX-License-Identifier: MIT */
/*
 * credentials - where keys come from: a chain of providers, asked in order.
 *
 * Today: environment, static profiles (~/.aws/credentials and ~/.aws/config), credential_process,
 * none (--no-sign-request). Callers see only `struct s3_credentials_source`; further providers
 * (web identity, container, IMDS) join the chain in credentials.c without a change elsewhere.
 *
 * Environment variables are handed in by a look-up function, never read here. Secrets live in
 * fixed memory that s3_credentials_release cleanses; they appear in no error text.
 */
#ifndef KIT_S3_CREDENTIALS_H
#define KIT_S3_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/error.h"

struct s3_credentials {
    char access_key_id[129];
    char secret_access_key[129];
    char session_token[4097]; /* "" when there is none */
    int64_t expires_unix_s;   /* 0: never */
};
void s3_credentials_release(struct s3_credentials *c);

typedef const char *env_lookup_fn(void *ctx, const char *name); /* NULL when unset */

struct s3_credentials_options {
    const char *profile; /* --profile; NULL: AWS_PROFILE, then "default" */
    bool no_sign;        /* --no-sign-request */
    env_lookup_fn *env;
    void *env_ctx;
    const struct clock *clock;
};

struct s3_credentials_source;

/* Finds the first provider that has something to say, and asks it once. STATUS_DENIED says what
 * was looked for, and for SSO or role profiles the command that helps. Setting a key id without
 * its secret is an error, not a reason to look further. */
enum status s3_credentials_source_new(const struct s3_credentials_options *options,
                                      struct s3_credentials_source **out,
                                      struct error *err) MUST_USE;
void s3_credentials_source_free(struct s3_credentials_source *s);

/* The current credentials, fetched anew when they expire within ten minutes. NULL out pointer
 * content when requests are to go unsigned. Valid until the next call. */
enum status s3_credentials_get(struct s3_credentials_source *s, const struct s3_credentials **out,
                               struct error *err) MUST_USE;
/* Drops what is cached, after ExpiredToken. */
void s3_credentials_expire(struct s3_credentials_source *s);
const char *s3_credentials_provider_name(const struct s3_credentials_source *s); /* for -v */

/* The region of a profile (`region = ...`), or "" : same files, same parser. */
enum status s3_profile_region(const struct s3_credentials_options *options, char out[64],
                              struct error *err) MUST_USE;

#endif
