/* SPDX-License-Identifier: MIT */
/*
 * credentials_profile - profiles of ~/.aws/credentials and ~/.aws/config.
 *
 * The files are read by hand: the distribution's inih cuts lines at 200 bytes, and session tokens
 * are longer. As in botocore there are no comments behind a value, and an indented line belongs to
 * the setting above it, where nothing concerns us.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/s3/credentials_provider.h"

#define FILE_BYTES_MAX 1048576
#define PATH_BYTES_MAX 4096

/* In the order of setting_names. */
enum setting {
    SETTING_KEY_ID,
    SETTING_SECRET,
    SETTING_TOKEN,
    SETTING_PROCESS,
    SETTING_REGION,
    SETTING_ROLE,
    SETTING_SSO_SESSION,
    SETTING_SSO_URL,
    SETTING_COUNT
};
static const char *const setting_names[SETTING_COUNT] = {
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "credential_process",
    "region",
    "role_arn",
    "sso_session",
    "sso_start_url",
};

/* One profile's section of one file. The values lie in `text`. */
struct section {
    char path[PATH_BYTES_MAX];
    char *text; /* the whole file, cut up in place; NULL when there is none */
    size_t size;
    bool exists;
    const char *value[SETTING_COUNT]; /* "" when not set */
};

struct profile {
    struct section credentials;
    struct section config;
};

static enum status path_find(const struct s3_credentials_options *options, const char *variable,
                             const char *name, char out[PATH_BYTES_MAX], struct error *err)
{
    const char *given = s3_env(options, variable);
    const char *home = s3_env(options, "HOME");
    int n = 0;
    if (strncmp(given, "~/", 2) == 0)
        n = snprintf(out, PATH_BYTES_MAX, "%s%s", home, given + 1);
    else if (*given)
        n = snprintf(out, PATH_BYTES_MAX, "%s", given);
    else if (*home)
        n = snprintf(out, PATH_BYTES_MAX, "%s/.aws/%s", home, name);
    else
        out[0] = '\0';
    if (n < 0 || n >= PATH_BYTES_MAX)
        return error_set(err, STATUS_INVALID, "%s names a path that is too long", variable);
    return STATUS_OK;
}

static void section_release(struct section *s)
{
    if (s->text)
        cleanse(s->text, s->size);
    free(s->text);
    s->text = NULL;
}

static enum status text_read(struct section *s, FILE *file, struct error *err)
{
    s->text = malloc(FILE_BYTES_MAX + 2);
    if (!s->text)
        return error_set(err, STATUS_NO_MEMORY, "no memory to read %s", s->path);
    s->size = fread(s->text, 1, FILE_BYTES_MAX + 1, file);
    s->text[s->size] = '\0';
    if (ferror(file))
        return error_set(err, STATUS_IO, "cannot read %s: %s", s->path, strerror(errno));
    if (s->size > FILE_BYTES_MAX)
        return error_set(err, STATUS_LIMIT, "%s is larger than 1 MiB", s->path);
    return STATUS_OK;
}

/* Leaves the text NULL when there is no such file. It is read unbuffered into one block that never
 * moves, so that no copy of a secret stays behind. */
static enum status file_read(struct section *s, struct error *err)
{
    FILE *file = *s->path ? fopen(s->path, "re") : NULL;
    if (!file && (!*s->path || errno == ENOENT || errno == ENOTDIR))
        return STATUS_OK;
    if (!file)
        return error_set(err, STATUS_IO, "cannot read %s: %s", s->path, strerror(errno));
    setvbuf(file, NULL, _IONBF, 0);
    enum status status = text_read(s, file, err);
    fclose(file);
    return status;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts blanks off both ends, in place. */
static char *trim(char *text)
{
    while (is_blank(*text))
        text++;
    size_t len = strlen(text);
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    text[len] = '\0';
    return text;
}

/* Whether "[...]" opens the profile: "name" in credentials, "profile name" or "default" in config. */
static bool header_matches(char *line, const char *name, bool is_config)
{
    char *end = strchr(line, ']');
    if (!end)
        return false;
    *end = '\0';
    char *title = trim(line + 1);
    if (is_config && strncmp(title, "profile", 7) == 0 && is_blank(title[7])) {
        title = trim(title + 7);
        size_t len = strlen(title);
        if (len >= 2 && (*title == '"' || *title == '\'') && title[len - 1] == *title) {
            title[len - 1] = '\0';
            title++;
        }
    } else if (is_config && strcmp(title, "default") != 0) {
        return false;
    }
    return strcmp(title, name) == 0;
}

static void setting_read(char *line, struct section *s)
{
    char *equals = strchr(line, '=');
    if (!equals)
        return;
    *equals = '\0';
    const char *name = trim(line);
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (strcmp(name, setting_names[i]) == 0)
            s->value[i] = trim(equals + 1);
    }
}

static void section_parse(struct section *s, const char *name, bool is_config)
{
    bool inside = false;
    char *next = s->text;
    if (strncmp(next, "\xef\xbb\xbf", 3) == 0)
        next += 3;
    while (next && *next) {
        char *line = next;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (*line == '[') {
            inside = header_matches(line, name, is_config);
            s->exists = s->exists || inside;
        } else if (inside && *line != '#' && *line != ';' && !is_blank(*line)) {
            setting_read(line, s);
        }
    }
}

static enum status section_load(const struct s3_credentials_options *options, const char *variable,
                                const char *file_name, bool is_config, struct section *s,
                                struct error *err)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        s->value[i] = "";
    enum status status = path_find(options, variable, file_name, s->path, err);
    if (!status)
        status = file_read(s, err);
    if (!status && s->text)
        section_parse(s, s3_profile_name(options), is_config);
    return status;
}

static void profile_free(struct profile *p)
{
    if (!p)
        return;
    section_release(&p->credentials);
    section_release(&p->config);
    free(p);
}

static enum status profile_load(const struct s3_credentials_options *options, struct profile **out,
                                struct error *err)
{
    struct profile *p = calloc(1, sizeof *p);
    if (!p)
        return error_set(err, STATUS_NO_MEMORY, "no memory for a profile");
    enum status status = section_load(options, "AWS_SHARED_CREDENTIALS_FILE", "credentials", false,
                                      &p->credentials, err);
    if (!status)
        status = section_load(options, "AWS_CONFIG_FILE", "config", true, &p->config, err);
    if (status) {
        profile_free(p);
        return status;
    }
    *out = p;
    return STATUS_OK;
}

static bool has(const struct profile *p, enum setting setting)
{
    return *p->credentials.value[setting] || *p->config.value[setting];
}

/* The credentials file wins. */
static const char *value_of(const struct profile *p, enum setting setting)
{
    const char *value = p->credentials.value[setting];
    return *value ? value : p->config.value[setting];
}

static enum status refuse_role(const char *name, bool by_option, bool sso, struct error *err)
{
    return error_set(err, STATUS_DENIED,
                     "profile '%s' uses %s, which is not supported yet; run: "
                     "eval \"$(aws configure export-credentials --profile %s --format env)\"%s",
                     name, sso ? "SSO" : "a role", name,
                     by_option ? " and leave --profile away" : "");
}

static enum status static_keys(const struct section *s, const char *name,
                               struct s3_credentials *out, struct error *err)
{
    char place[PATH_BYTES_MAX + 300];
    snprintf(place, sizeof place, "profile '%.200s' in %s", name, s->path);
    return s3_credentials_fill(out, place, s->value[SETTING_KEY_ID], s->value[SETTING_SECRET],
                               s->value[SETTING_TOKEN], err);
}

static bool has_static_keys(const struct section *s)
{
    return *s->value[SETTING_KEY_ID] || *s->value[SETTING_SECRET];
}

/* Roles and SSO first, as botocore has it: a role's profile may hold keys of who assumes it. Keys
 * of the two files are never mixed. */
static enum status profile_credentials(const struct s3_credentials_options *options,
                                       const struct profile *p, bool *found,
                                       struct s3_credentials *out, struct error *err)
{
    const char *name = s3_profile_name(options);
    bool by_option = options->profile && *options->profile;
    *found = true;
    if (has(p, SETTING_ROLE))
        return refuse_role(name, by_option, false, err);
    if (has(p, SETTING_SSO_SESSION) || has(p, SETTING_SSO_URL))
        return refuse_role(name, by_option, true, err);
    if (has_static_keys(&p->credentials))
        return static_keys(&p->credentials, name, out, err);
    if (has(p, SETTING_PROCESS))
        return s3_process_credentials(value_of(p, SETTING_PROCESS), CREDENTIAL_PROCESS_TIMEOUT_MS,
                                      options->clock, out, err);
    if (has_static_keys(&p->config))
        return static_keys(&p->config, name, out, err);
    *found = false;
    bool asked_for = by_option || *s3_env(options, "AWS_PROFILE");
    if (asked_for && !p->credentials.exists && !p->config.exists)
        return error_set(err, STATUS_DENIED, "there is no profile '%.200s' in %.300s or %.300s",
                         name, p->credentials.path, p->config.path);
    if (asked_for)
        return error_set(err, STATUS_DENIED, "profile '%.200s' has no credentials in it", name);
    return STATUS_OK;
}

enum status s3_profile_credentials(const struct s3_credentials_options *options, bool *found,
                                   struct s3_credentials *out, struct error *err)
{
    struct profile *p;
    enum status status = profile_load(options, &p, err);
    if (status)
        return status;
    status = profile_credentials(options, p, found, out, err);
    profile_free(p);
    return status;
}

enum status s3_profile_region(const struct s3_credentials_options *options, char out[64],
                              struct error *err)
{
    struct profile *p;
    enum status status = profile_load(options, &p, err);
    if (status)
        return status;
    const char *region = value_of(p, SETTING_REGION);
    if (strlen(region) >= 64)
        status = error_set(err, STATUS_INVALID, "the region of profile '%.200s' is too long",
                           s3_profile_name(options));
    else
        snprintf(out, 64, "%s", region);
    profile_free(p);
    return status;
}
