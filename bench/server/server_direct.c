/* SPDX-License-Identifier: MIT */
/* server_direct - the store without HTTP, for tests and set-up. */
#include <string.h>

#include "bench/server/kept_headers.h"
#include "bench/server/server_private.h"
#include "lib/s3/uri.h"

/* A failure of the store in the project's terms. */
static enum status code_error(enum code code, const char *bucket, const char *key,
                              struct error *err)
{
    enum status status = STATUS_REMOTE;
    if (code == CODE_NONE)
        return STATUS_OK;
    if (code == CODE_NO_SUCH_BUCKET || code == CODE_NO_SUCH_KEY)
        status = STATUS_NOT_FOUND;
    else if (code == CODE_BUCKET_ALREADY_OWNED)
        status = STATUS_PRECONDITION;
    else if (code == CODE_INSUFFICIENT_STORAGE)
        status = STATUS_LIMIT;
    return error_set(err, status, "s3://%s/%s: %s", bucket, key, code_message(code));
}

static int64_t now_ms(void)
{
    return clock_wall(clock_system()).unix_ns / NS_PER_MS;
}

static struct storage_where where_of(const char *bucket, const char *key)
{
    return (struct storage_where){.bucket = bucket, .key = key, .key_len = strlen(key)};
}

enum status s3_server_make_bucket(struct s3_server *s, const char *bucket, struct error *err)
{
    const enum status status = s3_bucket_name_check(bucket, err);
    if (status != STATUS_OK)
        return status;
    return code_error(storage_create_bucket(s->store, bucket, now_ms()), bucket, "", err);
}

static void append_about(struct buf *b, const struct s3_server_object *about)
{
    if (about->content_type != NULL)
        buf_printf(b, "Content-Type: %s\n", about->content_type);
    if (about->content_encoding != NULL)
        buf_printf(b, "Content-Encoding: %s\n", about->content_encoding);
    if (about->storage_class != NULL && strcmp(about->storage_class, "STANDARD") != 0)
        buf_printf(b, "x-amz-storage-class: %s\n", about->storage_class);
}

enum status s3_server_put(struct s3_server *s, const char *bucket, const char *key,
                          const void *data, size_t len, const struct s3_server_object *about,
                          struct error *err)
{
    const struct storage_where where = where_of(bucket, key);
    int64_t modified_ms = now_ms();
    uint8_t digest[MD5_SIZE];
    struct buf headers;
    if (where.key_len == 0 || where.key_len > S3_KEY_MAX)
        return error_set(err, STATUS_INVALID, "keys have 1 to %d bytes", S3_KEY_MAX);
    struct chunk *chunk = chunk_new(storage_meter(s->store), len);
    if (chunk == NULL)
        return code_error(CODE_INSUFFICIENT_STORAGE, bucket, key, err);
    if (len > 0)
        memcpy(chunk->data, data, len);
    md5(data, len, digest);
    buf_init(&headers, KEPT_HEADERS_MAX);
    if (about != NULL)
        append_about(&headers, about);
    if (about != NULL && about->last_modified_unix_s != 0)
        modified_ms = about->last_modified_unix_s * 1000;
    struct object *object = object_new(chunk, digest, NULL, headers.data, modified_ms);
    buf_release(&headers);
    if (object == NULL)
        return code_error(CODE_INSUFFICIENT_STORAGE, bucket, key, err);
    return code_error(storage_put(s->store, &where, object, NULL, NULL), bucket, key, err);
}

enum status s3_server_get(struct s3_server *s, const char *bucket, const char *key, struct buf *out,
                          struct error *err)
{
    const struct storage_where where = where_of(bucket, key);
    struct object *object;
    const enum code code = storage_get(s->store, &where, &object, NULL);
    if (code != CODE_NONE)
        return code_error(code, bucket, key, err);
    object_append(object, 0, object->size, out);
    object_unref(object);
    return buf_status(out, "an object", err);
}

enum status s3_server_remove(struct s3_server *s, const char *bucket, const char *key,
                             struct error *err)
{
    const struct storage_where where = where_of(bucket, key);
    return code_error(storage_remove(s->store, &where, NULL, now_ms(), NULL), bucket, key, err);
}

void s3_server_keys(struct s3_server *s, const char *bucket,
                    void (*each)(void *ctx, const char *key, uint64_t size), void *ctx)
{
    const struct bucket *b = storage_read_begin(s->store, bucket);
    const struct key_index_entry *e = b != NULL ? b->objects.head[0] : NULL;
    for (; e != NULL; e = key_index_next(e))
        each(ctx, key_index_key(e), ((const struct object *)e->value)->size);
    storage_read_end(s->store);
}
