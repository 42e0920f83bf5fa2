/* SPDX-License-Identifier: MIT */
/* keyring - see keyring.h. */
#include "bench/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

/* Where the reading stands: the profile that is open, and what it has said so far. */
struct reader {
    const char *path;
    unsigned line;
    const char *profile;             /* NULL before the first */
    const char *id, *secret, *token; /* NULL until said */
};

void keyring_init(struct keyring *ring)
{
    *ring = (struct keyring){.count = 0};
}

void keyring_release(struct keyring *ring)
{
    if (ring->text != NULL)
        cleanse(ring->text, KEYRING_FILE_MAX + 2);
    free(ring->text);
    keyring_init(ring);
}

enum status keyring_add(struct keyring *ring, const struct s3_server_key *key, struct error *err)
{
    for (size_t i = 0; i < ring->count; i++)
        if (strcmp(ring->keys[i].access_key_id, key->access_key_id) == 0)
            return error_set(err, STATUS_INVALID, "there are two keys of the id %s",
                             key->access_key_id);
    if (ring->count == KEYRING_MAX)
        return error_set(err, STATUS_LIMIT, "there are more than %d keys", KEYRING_MAX);
    ring->keys[ring->count++] = *key;
    return STATUS_OK;
}

/* Unbuffered into one block that never moves: no copy of a secret stays behind. */
static enum status text_read(struct keyring *ring, const char *path, struct error *err)
{
    FILE *file = ring->text == NULL ? fopen(path, "re") : NULL;
    if (ring->text != NULL)
        return error_set(err, STATUS_INVALID, "one file of keys, not two");
    if (file == NULL)
        return error_set(err, STATUS_IO, "cannot read %s: %s", path, strerror(errno));
    setvbuf(file, NULL, _IONBF, 0);
    ring->text = calloc(1, KEYRING_FILE_MAX + 2);
    const size_t size = ring->text != NULL ? fread(ring->text, 1, KEYRING_FILE_MAX + 1, file) : 0;
    const int failed = ferror(file) ? errno : 0;
    fclose(file);
    if (ring->text == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory to read %s", path);
    if (failed != 0)
        return error_set(err, STATUS_IO, "cannot read %s: %s", path, strerror(failed));
    if (size > KEYRING_FILE_MAX)
        return error_set(err, STATUS_LIMIT, "%s is larger than %u KiB", path,
                         KEYRING_FILE_MAX >> 10);
    if (memchr(ring->text, '\0', size) != NULL)
        return error_set(err, STATUS_INVALID, "%s is not a text file", path);
    return STATUS_OK;
}

static char *trim(char *text)
{
    static const char blanks[] = " \t\r";
    text += strspn(text, blanks);
    size_t len = strlen(text);
    while (len > 0 && strchr(blanks, text[len - 1]) != NULL)
        len--;
    text[len] = '\0';
    return text;
}

static enum status wrong(const struct reader *r, const char *what, struct error *err)
{
    return error_set(err, STATUS_INVALID, "%s, line %u: %s", r->path, r->line, what);
}

static enum status profile_close(struct keyring *ring, struct reader *r, struct error *err)
{
    if (r->profile == NULL)
        return STATUS_OK;
    if (r->id == NULL || r->secret == NULL)
        return error_set(err, STATUS_INVALID, "%s: profile %s has no %s", r->path, r->profile,
                         r->id == NULL ? "aws_access_key_id" : "aws_secret_access_key");
    const struct s3_server_key key = {
        .access_key_id = r->id, .secret_access_key = r->secret, .session_token = r->token};
    return keyring_add(ring, &key, err);
}

static enum status setting_read(struct reader *r, char *line, struct error *err)
{
    char *equals = strchr(line, '=');
    if (r->profile == NULL)
        return wrong(r, "a setting before the first [profile]", err);
    if (equals == NULL)
        return wrong(r, "neither [profile] nor name = value", err);
    *equals = '\0';
    const char *name = trim(line), *value = trim(equals + 1);
    const char **field = NULL;
    if (strcmp(name, "aws_access_key_id") == 0)
        field = &r->id;
    else if (strcmp(name, "aws_secret_access_key") == 0)
        field = &r->secret;
    else if (strcmp(name, "aws_session_token") == 0)
        field = &r->token;
    if (field == NULL)
        return STATUS_OK;
    if (*field != NULL)
        return wrong(r, "this profile has that already", err);
    if (*value == '\0' || (field == &r->id && strpbrk(value, "/ ") != NULL))
        return wrong(r, "not a key: empty, or an id with '/' or a space", err);
    *field = value;
    return STATUS_OK;
}

static enum status line_read(struct keyring *ring, struct reader *r, char *line, struct error *err)
{
    line = trim(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return STATUS_OK;
    if (*line != '[')
        return setting_read(r, line, err);
    char *end = strchr(line, ']');
    if (end == NULL || end[1] != '\0')
        return wrong(r, "a [profile] that does not end in ]", err);
    const enum status status = profile_close(ring, r, err);
    *end = '\0';
    *r = (struct reader){.path = r->path, .line = r->line, .profile = trim(line + 1)};
    return status;
}

enum status keyring_read_file(struct keyring *ring, const char *path, struct error *err)
{
    struct reader r = {.path = path};
    enum status status = text_read(ring, path, err);
    for (char *line = ring->text; status == STATUS_OK && line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        r.line++;
        status = line_read(ring, &r, line, err);
        line = end;
    }
    if (status == STATUS_OK)
        status = profile_close(ring, &r, err);
    if (status == STATUS_OK && r.profile == NULL)
        return error_set(err, STATUS_INVALID, "%s has no [profile]", path);
    return status;
}
