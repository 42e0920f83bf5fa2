/* SPDX-License-Identifier: MIT */
/*
 * ops - the S3 operations: each reads a request and writes its reply.
 */
#ifndef KIT_BENCH_SERVER_OPS_H
#define KIT_BENCH_SERVER_OPS_H

#include "bench/server/latency.h"
#include "bench/server/request.h"

#define XML_BODY_MAX (UINT64_C(2) << 20) /* of a request */
#define PUT_BODY_MAX (UINT64_C(5) << 30)

struct operation_row {
    const char *name; /* S3's API name */
    enum latency_operation latency;
    uint64_t body_max;
    void (*apply)(struct request *r);
};
const struct operation_row *operation_row(enum operation operation);

/* Checks the digests of a request's body and makes an object of it. */
enum code op_take_body(struct request *r, const char *headers, struct object **out);
/* If-Match and If-None-Match of a write. */
enum code op_write_condition(const struct request *r, struct storage_condition *out);
/* What the request is about, with the version it names. */
struct storage_where op_where(const struct request *r);
/* x-amz-version-id and x-amz-delete-marker, where there is something to say. */
void op_version_headers(struct request *r, const struct storage_version *version);
/* The same for what a write has made: S3 does not tell it of a null version. */
void op_made_headers(struct request *r, const struct storage_version *version);
/* The reply to a read that failed; a delete marker in the way is named. */
void op_read_failed(struct request *r, enum code code, const struct storage_version *version);
/* Whether an object must be restored before it can be read. */
bool op_is_archived(const struct object *o);
/* An upload's part number that is none; it has replied then. */
bool op_part_number_is_bad(struct request *r);
/* The bytes whose transfer the latency model charges. Asks the store for those of a GET. */
uint64_t op_transfer_bytes(const struct request *r);

void op_list_buckets(struct request *r);
void op_create_bucket(struct request *r);
void op_head_bucket(struct request *r);
void op_delete_bucket(struct request *r);
void op_get_bucket_location(struct request *r);
void op_get_bucket_versioning(struct request *r);
void op_put_bucket_versioning(struct request *r);
void op_get_bucket_setting(struct request *r);
void op_get_acl(struct request *r); /* of a bucket or an object */
void op_put_acl(struct request *r);
void op_object_lock(struct request *r);
void op_put_bucket_lock(struct request *r);
void op_list_objects(struct request *r); /* both versions of it */
void op_list_versions(struct request *r);
void op_get_object(struct request *r); /* and HeadObject: the HTTP layer drops the body */
void op_put_object(struct request *r);
void op_copy_object(struct request *r);
void op_delete_object(struct request *r);
void op_delete_objects(struct request *r);
void op_get_object_attributes(struct request *r);
void op_get_object_tagging(struct request *r);
void op_put_object_tagging(struct request *r);
void op_delete_object_tagging(struct request *r);
void op_create_upload(struct request *r);
void op_upload_part(struct request *r);
void op_upload_part_copy(struct request *r);
void op_complete_upload(struct request *r);
void op_abort_upload(struct request *r);
void op_list_uploads(struct request *r);
void op_list_parts(struct request *r);

#endif
