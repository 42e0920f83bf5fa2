/* SPDX-License-Identifier: MIT */
/*
 * credentials_provider - the links of the chain in credentials.c; private to lib/s3.
 *
 * A provider sets `found` when its place has something to say, and only then fills `out`. Not
 * found is STATUS_OK; found but unusable is an error, so that the chain does not go on to other
 * credentials than the user meant.
 */
#ifndef KIT_S3_CREDENTIALS_PROVIDER_H
#define KIT_S3_CREDENTIALS_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/s3/credentials.h"

#define CREDENTIAL_PROCESS_TIMEOUT_MS 60000

typedef enum status s3_provider_fn(const struct s3_credentials_options *options, bool *found,
                                   struct s3_credentials *out, struct error *err);

s3_provider_fn s3_env_credentials;
s3_provider_fn s3_profile_credentials;

/* The value of a variable, or "" when it is unset. */
const char *s3_env(const struct s3_credentials_options *options, const char *name);
/* --profile, AWS_PROFILE or "default". */
const char *s3_profile_name(const struct s3_credentials_options *options);
/* Copies the three texts; `place` names their origin in errors. */
enum status s3_credentials_fill(struct s3_credentials *out, const char *place, const char *key_id,
                                const char *secret, const char *token, struct error *err) MUST_USE;

/* Runs a credential_process command and reads its JSON. */
enum status s3_process_credentials(const char *command, int64_t timeout_ms,
                                   const struct clock *clock, struct s3_credentials *out,
                                   struct error *err) MUST_USE;

#define COMMAND_WORDS_MAX 64
/* Splits like a POSIX shell does words, without expansions: quotes and backslashes. The words lie
 * in `storage`, which has room for strlen(command) + 1 bytes; `words` ends with NULL. */
enum status s3_command_split(const char *command, char *storage, char *words[COMMAND_WORDS_MAX + 1],
                             struct error *err) MUST_USE;

#endif
