/* SPDX-License-Identifier: MIT */
/* multipart_parse - reads the replies of multipart operations. */
#include "lib/s3/multipart_parse.h"

#include <stdbool.h>
#include <string.h>

#include "lib/s3/uri.h"
#include "lib/s3/xml.h"

#define UPLOADS_ROOT "ListMultipartUploadsResult"
#define UPLOADS_MAX  1000 /* S3's own page size */

struct text_reader {
    const char *path;
    char *out;
    size_t room;
    bool is_root_seen;
    bool found;
};

static enum status text_on_open(void *ctx, const char *path, struct error *err)
{
    struct text_reader *r = ctx;
    size_t root_len = strcspn(r->path, "/");
    if (!r->is_root_seen && (strlen(path) != root_len || memcmp(path, r->path, root_len) != 0))
        return error_set(err, STATUS_PROTOCOL, "the reply is not a %.*s document", (int)root_len,
                         r->path);
    r->is_root_seen = true;
    return STATUS_OK;
}

static enum status text_on_close(void *ctx, const char *path, const char *text, size_t len,
                                 struct error *err)
{
    struct text_reader *r = ctx;
    if (strcmp(path, r->path) != 0)
        return STATUS_OK;
    if (len == 0 || len >= r->room)
        return error_set(err, STATUS_PROTOCOL, "%s in the reply has %zu bytes", path, len);
    memcpy(r->out, text, len + 1);
    r->found = true;
    return STATUS_OK;
}

enum status s3_xml_text(const char *body, size_t len, const char *path, char *out, size_t room,
                        struct error *err)
{
    static const struct xml_events events = {.open = text_on_open, .close = text_on_close};
    char text[XML_TEXT_MAX];
    struct text_reader reader = {
        .path = path, .out = text, .room = room < sizeof text ? room : sizeof text};
    enum status status = xml_parse(&events, &reader, body, len, err);
    if (status)
        return status;
    if (!reader.found)
        return error_set(err, STATUS_PROTOCOL, "the reply lacks %s", path);
    memcpy(out, text, strlen(text) + 1);
    return STATUS_OK;
}

/* Where an upload's texts lie in the reader's buf; 0 is "". */
struct upload_place {
    size_t key;
    size_t id;
};

struct uploads_reader {
    struct buf texts; /* as the document has them */
    struct upload_place places[UPLOADS_MAX];
    size_t count;
    bool is_root_seen;
    bool url_encoded;
};

static enum status uploads_on_open(void *ctx, const char *path, struct error *err)
{
    struct uploads_reader *r = ctx;
    if (!r->is_root_seen && strcmp(path, UPLOADS_ROOT) != 0)
        return error_set(err, STATUS_PROTOCOL, "the reply is not a " UPLOADS_ROOT " document");
    r->is_root_seen = true;
    if (strcmp(path, UPLOADS_ROOT "/Upload") != 0)
        return STATUS_OK;
    if (r->count == UPLOADS_MAX)
        return error_set(err, STATUS_PROTOCOL, "a page has more than %d uploads", UPLOADS_MAX);
    r->places[r->count++] = (struct upload_place){0};
    return STATUS_OK;
}

static size_t keep(struct buf *b, const char *text, size_t len)
{
    size_t at = b->len;
    buf_append(b, text, len + 1); /* with its NUL */
    return at;
}

static enum status uploads_on_close(void *ctx, const char *path, const char *text, size_t len,
                                    struct error *err)
{
    struct uploads_reader *r = ctx;
    if (strcmp(path, UPLOADS_ROOT "/EncodingType") == 0)
        r->url_encoded = strcmp(text, "url") == 0;
    else if (strcmp(path, UPLOADS_ROOT "/Upload/Key") == 0)
        r->places[r->count - 1].key = keep(&r->texts, text, len);
    else if (strcmp(path, UPLOADS_ROOT "/Upload/UploadId") == 0)
        r->places[r->count - 1].id = keep(&r->texts, text, len);
    return buf_status(&r->texts, "a page of uploads", err);
}

static enum status upload_fill(const struct uploads_reader *r, const struct upload_place *place,
                               struct s3_upload *out, struct error *err)
{
    const char *raw = r->texts.data + place->key;
    const char *id = r->texts.data + place->id;
    struct buf key;
    buf_init(&key, S3_KEY_MAX);
    enum status status = STATUS_OK;
    if (r->url_encoded)
        status = uri_decode(&key, raw, strlen(raw), 1, err);
    else
        buf_append_str(&key, raw);
    if (!status)
        status = buf_status(&key, "a listed upload's key", err);
    if (!status && (key.len == 0 || !*id || strlen(id) > S3_UPLOAD_ID_MAX))
        status = error_set(err, STATUS_PROTOCOL, "a listed upload's key or id is missing or bad");
    if (!status) {
        memcpy(out->key, key.data, key.len + 1);
        memcpy(out->id, id, strlen(id) + 1);
    }
    buf_release(&key);
    return status;
}

static enum status uploads_hand_over(const struct uploads_reader *r, const char *bucket,
                                     s3_upload_fn *each, void *ctx, struct error *err)
{
    struct s3_upload upload;
    enum status status = STATUS_OK;
    if (strlen(bucket) > S3_BUCKET_MAX)
        return error_set(err, STATUS_INVALID, "the bucket name '%.80s' is too long", bucket);
    memcpy(upload.bucket, bucket, strlen(bucket) + 1);
    for (size_t i = 0; i < r->count && !status; i++) {
        status = upload_fill(r, &r->places[i], &upload, err);
        if (!status)
            status = each(ctx, &upload, err);
    }
    return status;
}

enum status s3_uploads_read(const char *body, size_t len, const char *bucket, s3_upload_fn *each,
                            void *ctx, struct error *err)
{
    static const struct xml_events events = {.open = uploads_on_open, .close = uploads_on_close};
    struct uploads_reader reader = {.count = 0};
    buf_init(&reader.texts, XML_BYTES_MAX);
    buf_append_char(&reader.texts, '\0');
    enum status status = xml_parse(&events, &reader, body, len, err);
    if (!status)
        status = uploads_hand_over(&reader, bucket, each, ctx, err);
    buf_release(&reader.texts);
    return status;
}
