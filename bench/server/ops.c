/* SPDX-License-Identifier: MIT */
/* ops - the table of operations. */
#include "bench/server/ops.h"

#include <string.h>

#include "bench/server/range.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/base/date.h"

static const struct operation_row rows[OPERATIONS] = {
    [OP_UNKNOWN] = {"Unknown", LATENCY_GET, XML_BODY_MAX, NULL},
    [OP_LIST_BUCKETS] = {"ListBuckets", LATENCY_LIST, 0, op_list_buckets},
    [OP_CREATE_BUCKET] = {"CreateBucket", LATENCY_PUT, XML_BODY_MAX, op_create_bucket},
    [OP_HEAD_BUCKET] = {"HeadBucket", LATENCY_HEAD, 0, op_head_bucket},
    [OP_DELETE_BUCKET] = {"DeleteBucket", LATENCY_PUT, 0, op_delete_bucket},
    [OP_GET_BUCKET_LOCATION] = {"GetBucketLocation", LATENCY_GET, 0, op_get_bucket_location},
    [OP_GET_BUCKET_VERSIONING] = {"GetBucketVersioning", LATENCY_GET, 0, op_get_bucket_versioning},
    [OP_PUT_BUCKET_VERSIONING] = {"PutBucketVersioning", LATENCY_PUT, XML_BODY_MAX,
                                  op_put_bucket_versioning},
    [OP_GET_BUCKET_ACL] = {"GetBucketAcl", LATENCY_GET, 0, op_get_acl},
    [OP_PUT_BUCKET_ACL] = {"PutBucketAcl", LATENCY_PUT, XML_BODY_MAX, op_put_acl},
    [OP_GET_BUCKET_SETTING] = {"GetBucketSetting", LATENCY_GET, 0, op_get_bucket_setting},
    [OP_LIST_OBJECTS_V1] = {"ListObjects", LATENCY_LIST, 0, op_list_objects},
    [OP_LIST_OBJECTS] = {"ListObjectsV2", LATENCY_LIST, 0, op_list_objects},
    [OP_LIST_VERSIONS] = {"ListObjectVersions", LATENCY_LIST, 0, op_list_versions},
    [OP_GET_OBJECT] = {"GetObject", LATENCY_GET, 0, op_get_object},
    [OP_HEAD_OBJECT] = {"HeadObject", LATENCY_HEAD, 0, op_get_object},
    [OP_PUT_OBJECT] = {"PutObject", LATENCY_PUT, PUT_BODY_MAX, op_put_object},
    [OP_COPY_OBJECT] = {"CopyObject", LATENCY_COPY, XML_BODY_MAX, op_copy_object},
    [OP_DELETE_OBJECT] = {"DeleteObject", LATENCY_DELETE, 0, op_delete_object},
    [OP_DELETE_OBJECTS] = {"DeleteObjects", LATENCY_DELETE, XML_BODY_MAX, op_delete_objects},
    [OP_GET_OBJECT_ATTRIBUTES] = {"GetObjectAttributes", LATENCY_GET, 0, op_get_object_attributes},
    [OP_GET_OBJECT_ACL] = {"GetObjectAcl", LATENCY_GET, 0, op_get_acl},
    [OP_PUT_OBJECT_ACL] = {"PutObjectAcl", LATENCY_PUT, XML_BODY_MAX, op_put_acl},
    [OP_GET_OBJECT_LOCK] = {"GetObjectLock", LATENCY_GET, 0, op_object_lock},
    [OP_PUT_OBJECT_LOCK] = {"PutObjectLock", LATENCY_PUT, XML_BODY_MAX, op_object_lock},
    [OP_PUT_BUCKET_LOCK] = {"PutObjectLockConfiguration", LATENCY_PUT, XML_BODY_MAX,
                            op_put_bucket_lock},
    [OP_GET_OBJECT_TAGGING] = {"GetObjectTagging", LATENCY_GET, 0, op_get_object_tagging},
    [OP_PUT_OBJECT_TAGGING] = {"PutObjectTagging", LATENCY_PUT, XML_BODY_MAX,
                               op_put_object_tagging},
    [OP_DELETE_OBJECT_TAGGING] = {"DeleteObjectTagging", LATENCY_PUT, 0, op_delete_object_tagging},
    [OP_CREATE_UPLOAD] = {"CreateMultipartUpload", LATENCY_PUT, XML_BODY_MAX, op_create_upload},
    [OP_UPLOAD_PART] = {"UploadPart", LATENCY_PUT, PUT_BODY_MAX, op_upload_part},
    [OP_UPLOAD_PART_COPY] = {"UploadPartCopy", LATENCY_COPY, XML_BODY_MAX, op_upload_part_copy},
    [OP_COMPLETE_UPLOAD] = {"CompleteMultipartUpload", LATENCY_PUT, XML_BODY_MAX,
                            op_complete_upload},
    [OP_ABORT_UPLOAD] = {"AbortMultipartUpload", LATENCY_PUT, 0, op_abort_upload},
    [OP_LIST_UPLOADS] = {"ListMultipartUploads", LATENCY_LIST, 0, op_list_uploads},
    [OP_LIST_PARTS] = {"ListParts", LATENCY_LIST, 0, op_list_parts},
};

const struct operation_row *operation_row(enum operation operation)
{
    return &rows[operation];
}

const char *s3_server_operation_name(unsigned index)
{
    return index < OPERATIONS ? rows[index].name : NULL;
}

uint64_t op_transfer_bytes(const struct request *r)
{
    if (r->operation == OP_PUT_OBJECT || r->operation == OP_UPLOAD_PART)
        return r->body.received;
    if (r->operation != OP_GET_OBJECT)
        return 0;
    struct object *object;
    const struct storage_where where = op_where(r);
    if (storage_get(server_storage(r->server), &where, &object, NULL) != CODE_NONE)
        return 0;
    struct range range;
    uint64_t bytes = object->size;
    if (range_parse(r->shown.range, object->size, &range) == RANGE_PART)
        bytes = range.len;
    object_unref(object);
    return bytes;
}

struct storage_where op_where(const struct request *r)
{
    struct storage_where where = r->where;
    where.version_id = request_param(r, "versionId");
    return where;
}

void op_version_headers(struct request *r, const struct storage_version *version)
{
    if (version->id[0] != '\0')
        reply_header(r, "x-amz-version-id", version->id);
    if (version->is_marker)
        reply_header(r, "x-amz-delete-marker", "true");
}

void op_made_headers(struct request *r, const struct storage_version *version)
{
    if (strcmp(version->id, "null") != 0)
        op_version_headers(r, version);
}

void op_read_failed(struct request *r, enum code code, const struct storage_version *version)
{
    const char *id = request_text(r, "versionId");
    const char *const elements[] = {"VersionId", id, NULL};
    reply_error_with(r, code, NULL, id[0] != '\0' ? elements : NULL);
    op_version_headers(r, version);
    if (code != CODE_METHOD_NOT_ALLOWED)
        return;
    struct buf *b = &r->reply.shown.headers;
    reply_header(r, "Allow", "DELETE");
    buf_append_str(b, "Last-Modified: ");
    date_append_http(b, version->modified_ms / 1000);
    buf_append_char(b, '\n');
}

bool op_is_archived(const struct object *o)
{
    size_t len;
    const char *class = object_storage_class(o, &len);
    return (len == strlen("GLACIER") && memcmp(class, "GLACIER", len) == 0) ||
           (len == strlen("DEEP_ARCHIVE") && memcmp(class, "DEEP_ARCHIVE", len) == 0);
}
