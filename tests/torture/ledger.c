/* SPDX-License-Identifier: MIT */
/* ledger - see ledger.h. */
#include "tests/torture/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT_MAX (64u << 20)

static _Noreturn void give_up(const char *what, const char *key)
{
    fprintf(stderr, "torture: cannot %s \"%s\"\n", what, key);
    exit(EXIT_FAILURE);
}

void ledger_init(struct ledger *l, struct s3_server *server, const char *bucket)
{
    *l = (struct ledger){.server = server, .bucket = bucket};
}

void ledger_release(struct ledger *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->versions[i].data);
    free(l->versions);
    *l = (struct ledger){0};
}

static void etag_of(const void *data, size_t len, char out[LEDGER_ETAG_SIZE])
{
    uint8_t digest[MD5_SIZE];
    char hex[2 * MD5_SIZE + 1];
    md5(data, len, digest);
    hex_encode(digest, MD5_SIZE, hex);
    snprintf(out, LEDGER_ETAG_SIZE, "\"%s\"", hex);
}

static bool stands_there(const struct ledger *l, const struct ledger_version *v)
{
    struct buf found;
    buf_init(&found, OBJECT_MAX);
    const bool same = s3_server_get(l->server, l->bucket, v->key, &found, NULL) == STATUS_OK &&
                      found.len == v->len && memcmp(found.data, v->data, v->len) == 0;
    buf_release(&found);
    return same;
}

/* What stands at the key is about to go, and the test itself answers for it. */
static void waive(struct ledger *l, const char *key)
{
    for (size_t i = 0; i < l->count; i++) {
        struct ledger_version *v = &l->versions[i];
        if (strcmp(v->key, key) != 0)
            continue;
        v->latest = false;
        if (v->owed && stands_there(l, v))
            v->owed = false;
    }
}

static struct ledger_version *add(struct ledger *l, const char *key, const char *etag,
                                  const void *data, size_t len)
{
    if (l->count == l->room) {
        l->room = l->room == 0 ? 16 : 2 * l->room;
        void *more = realloc(l->versions, l->room * sizeof *l->versions);
        if (more == NULL)
            give_up("note", key);
        l->versions = more;
    }
    struct ledger_version *v = &l->versions[l->count++];
    *v = (struct ledger_version){.data = malloc(len + 1), .len = len};
    if (v->data == NULL || strlen(key) >= sizeof v->key)
        give_up("note", key);
    snprintf(v->key, sizeof v->key, "%s", key);
    memcpy(v->etag, etag, sizeof v->etag);
    memcpy(v->data, data, len);
    return v;
}

void ledger_put(struct ledger *l, const char *key, const void *data, size_t len)
{
    char etag[LEDGER_ETAG_SIZE];
    etag_of(data, len, etag);
    waive(l, key);
    struct ledger_version *v = (struct ledger_version *)ledger_find(l, key, etag);
    if (v == NULL)
        v = add(l, key, etag, data, len);
    v->owed = true;
    v->latest = true;
    if (s3_server_put(l->server, l->bucket, key, data, len, NULL, NULL) != STATUS_OK)
        give_up("write", key);
}

void ledger_remove(struct ledger *l, const char *key)
{
    waive(l, key);
    const enum status status = s3_server_remove(l->server, l->bucket, key, NULL);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        give_up("remove", key);
}

const struct ledger_version *ledger_find(const struct ledger *l, const char *key, const char *etag)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->versions[i].key, key) == 0 && strcmp(l->versions[i].etag, etag) == 0)
            return &l->versions[i];
    return NULL;
}

const struct ledger_version *ledger_latest(const struct ledger *l, const char *key)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->versions[i].latest && strcmp(l->versions[i].key, key) == 0)
            return &l->versions[i];
    return NULL;
}
