/* SPDX-License-Identifier: MIT */
/* ops - the table of operations. */
#include "bench/server/ops.h"

#include "bench/server/range.h"
#include "bench/server/server_private.h"

static const struct operation_row rows[OPERATIONS] = {
    [OP_UNKNOWN] = {"Unknown", LATENCY_GET, XML_BODY_MAX, NULL},
    [OP_LIST_BUCKETS] = {"ListBuckets", LATENCY_LIST, 0, op_list_buckets},
    [OP_CREATE_BUCKET] = {"CreateBucket", LATENCY_PUT, XML_BODY_MAX, op_create_bucket},
    [OP_HEAD_BUCKET] = {"HeadBucket", LATENCY_GET, 0, op_head_bucket},
    [OP_DELETE_BUCKET] = {"DeleteBucket", LATENCY_PUT, 0, op_delete_bucket},
    [OP_GET_BUCKET_LOCATION] = {"GetBucketLocation", LATENCY_GET, 0, op_get_bucket_location},
    [OP_LIST_OBJECTS] = {"ListObjectsV2", LATENCY_LIST, 0, op_list_objects},
    [OP_GET_OBJECT] = {"GetObject", LATENCY_GET, 0, op_get_object},
    [OP_HEAD_OBJECT] = {"HeadObject", LATENCY_GET, 0, op_get_object},
    [OP_PUT_OBJECT] = {"PutObject", LATENCY_PUT, PUT_BODY_MAX, op_put_object},
    [OP_DELETE_OBJECT] = {"DeleteObject", LATENCY_PUT, 0, op_delete_object},
    [OP_DELETE_OBJECTS] = {"DeleteObjects", LATENCY_PUT, XML_BODY_MAX, op_delete_objects},
    [OP_CREATE_UPLOAD] = {"CreateMultipartUpload", LATENCY_PUT, XML_BODY_MAX, op_create_upload},
    [OP_UPLOAD_PART] = {"UploadPart", LATENCY_PUT, PUT_BODY_MAX, op_upload_part},
    [OP_UPLOAD_PART_COPY] = {"UploadPartCopy", LATENCY_PUT, 0, op_upload_part_copy},
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
    if (storage_get(server_storage(r->server), &r->where, &object) != CODE_NONE)
        return 0;
    struct range range;
    uint64_t bytes = object->size;
    if (range_parse(r->shown.range, object->size, &range) == RANGE_PART)
        bytes = range.len;
    object_unref(object);
    return bytes;
}
