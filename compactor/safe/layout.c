/* SPDX-License-Identifier: MIT */
/* layout - keys of the crash-safe mode. */
#include "compactor/safe/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compactor/naming.h"

static enum status key_format(char out[S3_KEY_MAX + 1], struct error *err, const char *format, ...)
    PRINTF_LIKE(3, 4);

static enum status key_format(char out[S3_KEY_MAX + 1], struct error *err, const char *format, ...)
{
    char key[S3_KEY_MAX + 1];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(key, sizeof key, format, args);
    va_end(args);
    if (len < 0 || len > S3_KEY_MAX)
        return error_set(err, STATUS_LIMIT,
                         "a key under \"" LAYOUT_DIR "\" would exceed %d bytes; choose a shorter "
                         "destination",
                         S3_KEY_MAX);
    memcpy(out, key, (size_t)len + 1);
    return STATUS_OK;
}

enum status layout_root(const struct selection *s, char out[S3_KEY_MAX + 1], struct error *err)
{
    const char *key = s->destination.key;
    return key_format(out, err, "%s%s", key, s->single && key[0] != '\0' ? "/" : "");
}

const char *layout_partition(const struct selection *s, const struct partition_name *name)
{
    return s->single ? "" : name->destination_dir + strlen(s->destination.key);
}

enum status layout_config(const char *dst, char out[S3_KEY_MAX + 1], struct error *err)
{
    return key_format(out, err, "%s" LAYOUT_DIR "config" LAYOUT_STATE, dst);
}

enum status layout_log(const char *dst, const char *partition, char out[S3_KEY_MAX + 1],
                       struct error *err)
{
    const char *p = partition != NULL ? partition : "";
    return key_format(out, err, "%s" LAYOUT_DIR "log/%s%s", dst, p, p[0] != '\0' ? "/" : "");
}

enum status layout_record(const char *log, unsigned generation, const char *what,
                          char out[S3_KEY_MAX + 1], struct error *err)
{
    return key_format(out, err, "%sg%05u.%s" LAYOUT_STATE, log, generation, what);
}

enum status layout_probe(const char *prefix, const char *token, char out[S3_KEY_MAX + 1],
                         struct error *err)
{
    return key_format(out, err, "%s" LAYOUT_DIR "probe-%s" LAYOUT_STATE, prefix, token);
}

enum status layout_probes(const char *prefix, char out[S3_KEY_MAX + 1], struct error *err)
{
    return key_format(out, err, "%s" LAYOUT_DIR "probe-", prefix);
}

enum status layout_output(const char *dir, unsigned generation, const char *suffix,
                          char out[S3_KEY_MAX + 1], struct error *err)
{
    char numbered[NAMING_SUFFIX_MAX + 16];
    snprintf(numbered, sizeof numbered, "-g%05u%s", generation, suffix);
    return naming_output_key(dir, numbered, out, err);
}

enum status layout_outputs(const char *dir, char out[S3_KEY_MAX + 1], struct error *err)
{
    return naming_output_key(dir, "", out, err);
}

bool layout_is_plain_output(const char *dir, const char *key)
{
    char plain[S3_KEY_MAX + 1];
    if (layout_outputs(dir, plain, NULL) != STATUS_OK)
        return false;
    const size_t len = strlen(plain);
    if (strncmp(key, plain, len) != 0 || strchr(key + len, '/') != NULL)
        return false;
    return key[len] == '\0' || key[len] == '.';
}
