/* SPDX-License-Identifier: MIT */
/* credentials - the chain of providers, and the cache in front of it. */
#include "lib/s3/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/s3/credentials_provider.h"

#define REFRESH_BEFORE_S 600
/* A provider that hands out short-lived keys is not asked before every request. */
#define REFRESH_PAUSE_S 30

struct provider {
    const char *name;
    s3_provider_fn *fetch;
    bool skipped_by_profile; /* --profile asks for something else by name */
};
static const struct provider chain[] = {
    {"environment", s3_env_credentials, true},
    {"profile", s3_profile_credentials, false},
};

struct s3_credentials_source {
    struct s3_credentials_options options;
    char *profile;                   /* our copy of options.profile */
    const struct provider *provider; /* NULL: unsigned */
    struct s3_credentials current;
    bool cached;
    int64_t fetched_unix_s;
};

void s3_credentials_release(struct s3_credentials *c)
{
    cleanse(c, sizeof *c);
}

const char *s3_env(const struct s3_credentials_options *options, const char *name)
{
    const char *value = options->env ? options->env(options->env_ctx, name) : NULL;
    return value ? value : "";
}

const char *s3_profile_name(const struct s3_credentials_options *options)
{
    if (options->profile && *options->profile)
        return options->profile;
    const char *name = s3_env(options, "AWS_PROFILE");
    return *name ? name : "default";
}

static bool copy_text(char *out, size_t room, const char *text)
{
    size_t len = strlen(text);
    if (len >= room)
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f)
            return false;
    }
    memcpy(out, text, len + 1);
    return true;
}

enum status s3_credentials_fill(struct s3_credentials *out, const char *place, const char *key_id,
                                const char *secret, const char *token, struct error *err)
{
    if (!*key_id)
        return error_set(err, STATUS_DENIED, "%s has a secret access key without its key id",
                         place);
    if (!*secret)
        return error_set(err, STATUS_DENIED,
                         "%s has an access key id without its secret access key", place);
    struct s3_credentials made = {.expires_unix_s = 0};
    if (!copy_text(made.access_key_id, sizeof made.access_key_id, key_id) ||
        !copy_text(made.secret_access_key, sizeof made.secret_access_key, secret) ||
        !copy_text(made.session_token, sizeof made.session_token, token)) {
        s3_credentials_release(&made);
        return error_set(err, STATUS_DENIED,
                         "%s holds a key or token that is too long or has blanks in it", place);
    }
    *out = made;
    s3_credentials_release(&made);
    return STATUS_OK;
}

enum status s3_env_credentials(const struct s3_credentials_options *options, bool *found,
                               struct s3_credentials *out, struct error *err)
{
    const char *key_id = s3_env(options, "AWS_ACCESS_KEY_ID");
    const char *secret = s3_env(options, "AWS_SECRET_ACCESS_KEY");
    *found = *key_id || *secret;
    if (!*found)
        return STATUS_OK;
    return s3_credentials_fill(out, "the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)",
                               key_id, secret, s3_env(options, "AWS_SESSION_TOKEN"), err);
}

static int64_t now_unix_s(const struct s3_credentials_source *s)
{
    return wall_unix_s(clock_wall(s->options.clock));
}

static void keep(struct s3_credentials_source *s, const struct s3_credentials *fresh)
{
    s->current = *fresh;
    s->cached = true;
    s->fetched_unix_s = now_unix_s(s);
}

/* Asks the chain from its start; the first that has something to say stays the provider. */
static enum status chain_ask(struct s3_credentials_source *s, struct error *err)
{
    for (size_t i = 0; i < sizeof chain / sizeof chain[0]; i++) {
        struct s3_credentials fresh;
        bool found = false;
        if (chain[i].skipped_by_profile && s->profile)
            continue;
        enum status status = chain[i].fetch(&s->options, &found, &fresh, err);
        if (status)
            return status;
        if (!found)
            continue;
        s->provider = &chain[i];
        keep(s, &fresh);
        s3_credentials_release(&fresh);
        return STATUS_OK;
    }
    return error_set(err, STATUS_DENIED,
                     "no credentials found: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
                     "nor the profile '%s' are set; run 'aws configure', or give "
                     "--no-sign-request for a public bucket",
                     s3_profile_name(&s->options));
}

enum status s3_credentials_source_new(const struct s3_credentials_options *options,
                                      struct s3_credentials_source **out, struct error *err)
{
    enum status status = STATUS_OK;
    struct s3_credentials_source *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(err, STATUS_NO_MEMORY, "no memory for credentials");
    s->options = *options;
    s->options.profile = NULL;
    if (options->profile && *options->profile) {
        s->profile = strdup(options->profile);
        s->options.profile = s->profile;
        if (!s->profile)
            status = error_set(err, STATUS_NO_MEMORY, "no memory for credentials");
    }
    if (!status && !options->no_sign)
        status = chain_ask(s, err);
    if (status) {
        s3_credentials_source_free(s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

void s3_credentials_source_free(struct s3_credentials_source *s)
{
    if (!s)
        return;
    s3_credentials_release(&s->current);
    free(s->profile);
    free(s);
}

static bool is_due(const struct s3_credentials_source *s, int64_t now)
{
    if (!s->cached)
        return true;
    int64_t expires = s->current.expires_unix_s;
    if (expires == 0 || now < expires - REFRESH_BEFORE_S)
        return false;
    return now >= expires || now - s->fetched_unix_s >= REFRESH_PAUSE_S;
}

enum status s3_credentials_get(struct s3_credentials_source *s, const struct s3_credentials **out,
                               struct error *err)
{
    if (!s->provider) {
        *out = NULL;
        return STATUS_OK;
    }
    int64_t now = now_unix_s(s);
    if (is_due(s, now)) {
        struct s3_credentials fresh = {.expires_unix_s = 0};
        struct error why;
        bool found = false;
        enum status status = s->provider->fetch(&s->options, &found, &fresh, &why);
        if (!status && !found)
            status = error_set(&why, STATUS_DENIED, "the credentials from the %s are gone",
                               s->provider->name);
        if (!status)
            keep(s, &fresh);
        else if (s->cached && now < s->current.expires_unix_s)
            s->fetched_unix_s = now; /* the old ones still work: try again in a while */
        else
            return error_copy(err, &why);
        s3_credentials_release(&fresh);
    }
    *out = &s->current;
    return STATUS_OK;
}

void s3_credentials_expire(struct s3_credentials_source *s)
{
    s->cached = false;
}

const char *s3_credentials_provider_name(const struct s3_credentials_source *s)
{
    return s->provider ? s->provider->name : "none";
}
