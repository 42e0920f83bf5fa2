/* SPDX-License-Identifier: MIT */
/* serve_environment - see serve_environment.h. */
#include "bench/serve_environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/rng.h"

#define ACCESS_KEY_CHARS 20
#define SECRET_KEY_CHARS 40
#define TEXT_MAX         (16u << 10)

enum value { VALUE_URL, VALUE_KEY_ID, VALUE_SECRET, VALUE_FIXED };

/* Who reads what: AWS_* the SDKs, the CLI, pyarrow and the kit; S3_ENDPOINT_URL s5cmd; RCLONE_S3_*
 * rclone, for its remotes of type s3. */
static const struct variable {
    const char *name;
    enum value value;
    const char *fixed;
} variables[] = {
    {"AWS_ENDPOINT_URL", VALUE_URL, NULL},
    {"AWS_ENDPOINT_URL_S3", VALUE_URL, NULL},
    {"AWS_ACCESS_KEY_ID", VALUE_KEY_ID, NULL},
    {"AWS_SECRET_ACCESS_KEY", VALUE_SECRET, NULL},
    {"AWS_REGION", VALUE_FIXED, SERVE_REGION},
    {"AWS_DEFAULT_REGION", VALUE_FIXED, SERVE_REGION},
    {"AWS_EC2_METADATA_DISABLED", VALUE_FIXED, "true"},
    {"S3_ENDPOINT_URL", VALUE_URL, NULL},
    {"RCLONE_S3_ENDPOINT", VALUE_URL, NULL},
    {"RCLONE_S3_PROVIDER", VALUE_FIXED, "Other"},
    {"RCLONE_S3_ENV_AUTH", VALUE_FIXED, "true"},
    {"RCLONE_S3_REGION", VALUE_FIXED, SERVE_REGION},
};
#define VARIABLES (sizeof variables / sizeof *variables)
_Static_assert(VARIABLES < sizeof((struct serve_environment *)0)->set / sizeof(char *), "room");

static const char *const foreign[] = {"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
                                      "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL};

const char *const *serve_environment_unset(void)
{
    return foreign;
}

static enum status random_text(char *out, size_t len, struct error *err)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; /* 32: no modulo bias */
    uint8_t bytes[SECRET_KEY_CHARS];
    if (len > sizeof bytes || rng_entropy(bytes, len) != 0)
        return error_set(err, STATUS_IO, "the system has no random numbers for credentials");
    for (size_t i = 0; i < len; i++)
        out[i] = alphabet[bytes[i] % 32];
    out[len] = '\0';
    cleanse(bytes, sizeof bytes);
    return STATUS_OK;
}

enum status serve_credentials_choose(struct serve_credentials *c, struct error *err)
{
    const char *id = getenv(SERVE_ACCESS_KEY_ENV);
    const char *secret = getenv(SERVE_SECRET_KEY_ENV);
    if ((id == NULL) != (secret == NULL))
        return error_set(err, STATUS_INVALID,
                         "set both " SERVE_ACCESS_KEY_ENV " and " SERVE_SECRET_KEY_ENV
                         ", or neither");
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
                         SERVE_ACCESS_KEY_ENV " or " SERVE_SECRET_KEY_ENV
                                              " is empty, too long or has a '/'");
    return STATUS_OK;
}

static const char *value_of(const struct variable *v, const char *url,
                            const struct serve_credentials *c)
{
    switch (v->value) {
    case VALUE_URL:
        return url;
    case VALUE_KEY_ID:
        return c->access_key_id;
    case VALUE_SECRET:
        return c->secret_access_key;
    case VALUE_FIXED:
        break;
    }
    return v->fixed;
}

void serve_environment_shell(const char *url, const struct serve_credentials *c, struct buf *out)
{
    for (size_t i = 0; i < VARIABLES; i++) {
        const struct variable *v = &variables[i];
        if (c->from_environment && v->value == VALUE_KEY_ID)
            buf_printf(out, "export %s=\"$" SERVE_ACCESS_KEY_ENV "\"\n", v->name);
        else if (c->from_environment && v->value == VALUE_SECRET)
            buf_printf(out, "export %s=\"$" SERVE_SECRET_KEY_ENV "\"\n", v->name);
        else
            buf_printf(out, "export %s=%s\n", v->name, value_of(v, url, c));
    }
    buf_append_str(out, "unset");
    for (const char *const *name = foreign; *name != NULL; name++)
        buf_printf(out, " %s", *name);
    buf_append_char(out, '\n');
}

enum status serve_environment_init(struct serve_environment *e, const char *url,
                                   const struct serve_credentials *c, struct error *err)
{
    size_t at[VARIABLES];
    *e = (struct serve_environment){.set = {NULL}};
    buf_init(&e->text, TEXT_MAX);
    if (buf_reserve(&e->text, TEXT_MAX) == NULL) /* at once: no copy of the secret is left behind */
        return buf_status(&e->text, "the environment", err);
    for (size_t i = 0; i < VARIABLES; i++) {
        at[i] = e->text.len;
        buf_printf(&e->text, "%s=%s", variables[i].name, value_of(&variables[i], url, c));
        buf_append_char(&e->text, '\0');
    }
    const enum status status = buf_status(&e->text, "the environment", err);
    for (size_t i = 0; status == STATUS_OK && i < VARIABLES; i++)
        e->set[i] = e->text.data + at[i];
    return status;
}

void serve_environment_release(struct serve_environment *e)
{
    if (e->text.allocated > 0)
        cleanse(e->text.data, e->text.len);
    buf_release(&e->text);
}
