/* SPDX-License-Identifier: MIT */
/* naming - output keys and suffixes. */
#include "compactor/naming.h"

#include <string.h>
#include <strings.h>

static const char *const compressions[] = {"gz",  "gzip", "bz2", "xz", "zst", "zstd",   "lz4",
                                           "lzo", "sz",   "br",  "Z",  "zip", "snappy", NULL};
static const char *const formats[] = {"json", "jsonl", "ndjson", "csv",  "tsv", "txt",     "log",
                                      "xml",  "yaml",  "yml",    "psv",  "dat", "parquet", "avro",
                                      "orc",  "bin",   "text",   "html", NULL};

static bool is_one_of(const char *const *names, const char *text, size_t len)
{
    for (; *names != NULL; names++)
        if (strlen(*names) == len && strncasecmp(*names, text, len) == 0)
            return true;
    return false;
}

static const char *base_name(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash == NULL ? key : slash + 1;
}

/* The start of the last extension (its dot) in [name, end), or NULL. Leading dots are part of the
 * name and a final dot makes no extension, as in pathlib. */
static const char *last_extension(const char *name, const char *end)
{
    while (name < end && *name == '.')
        name++;
    if (name == end || end[-1] == '.')
        return NULL;
    for (const char *p = end - 1; p > name; p--)
        if (*p == '.')
            return p;
    return NULL;
}

static const char *suffix_known(const char *name)
{
    const char *end = name + strlen(name);
    const char *last = last_extension(name, end);
    if (last == NULL)
        return end;
    if (!is_one_of(compressions, last + 1, (size_t)(end - last - 1)))
        return last;
    const char *inner = last_extension(name, last);
    if (inner != NULL && is_one_of(formats, inner + 1, (size_t)(last - inner - 1)))
        return inner;
    return last;
}

/* pathlib: no suffix when the name ends in a dot; otherwise all that follows the first dot after
 * the leading ones. */
static const char *suffix_first(const char *name)
{
    const char *end = name + strlen(name);
    if (name == end || end[-1] == '.')
        return end;
    const char *dot = strchr(name + strspn(name, "."), '.');
    return dot == NULL ? end : dot;
}

enum status naming_suffix(enum suffix_rule rule, const char *key, char out[NAMING_SUFFIX_MAX + 1],
                          struct error *err)
{
    const char *name = base_name(key);
    const char *suffix = rule == SUFFIX_FIRST ? suffix_first(name) : suffix_known(name);
    size_t len = strlen(suffix);
    if (len > NAMING_SUFFIX_MAX)
        return error_set(err, STATUS_LIMIT, "the suffix of \"%s\" is longer than %d bytes", key,
                         NAMING_SUFFIX_MAX);
    memcpy(out, suffix, len + 1);
    return STATUS_OK;
}

enum status naming_output_key(const char *dir, const char *suffix, char out[S3_KEY_MAX + 1],
                              struct error *err)
{
    size_t dir_len = strlen(dir);
    size_t suffix_len = strlen(suffix);
    if (2 * dir_len + 1 + suffix_len > S3_KEY_MAX)
        return error_set(err, STATUS_LIMIT, "the output key under \"%s\" would exceed %d bytes",
                         dir, S3_KEY_MAX);
    char *p = out;
    memcpy(p, dir, dir_len);
    p += dir_len;
    *p++ = '/';
    for (size_t i = 0; i < dir_len; i++)
        *p++ = dir[i] == '/' ? '-' : dir[i];
    memcpy(p, suffix, suffix_len + 1);
    return STATUS_OK;
}

bool naming_suffix_is_gzip(const char *suffix)
{
    const char *dot = strrchr(suffix, '.');
    return dot != NULL && (strcasecmp(dot, ".gz") == 0 || strcasecmp(dot, ".gzip") == 0);
}

bool naming_suffix_is_other_compression(const char *suffix)
{
    const char *dot = strrchr(suffix, '.');
    return dot != NULL && is_one_of(compressions, dot + 1, strlen(dot + 1)) &&
           !naming_suffix_is_gzip(suffix);
}
