/* SPDX-License-Identifier: MIT */
/*
 * op_setting - what can be asked of, and set for, a bucket or an object besides its contents.
 * Versioning is real; access lists and the rest are as S3 has them for a new bucket, where clients
 * look at them, and cannot be changed.
 */
#include <string.h>

#include "bench/server/body.h"
#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/s3/xml.h"

/* Versioning */

void op_get_bucket_versioning(struct request *r)
{
    enum versioning versioning;
    if (reply_failed(
            r, storage_get_versioning(server_storage(r->server), r->where.bucket, &versioning)))
        return;
    reply_xml_begin(r, "VersioningConfiguration");
    if (versioning != VERSIONING_NEVER)
        xml_str(&r->reply.shown.body, "Status",
                versioning == VERSIONING_ENABLED ? "Enabled" : "Suspended");
    reply_xml_end(r, "VersioningConfiguration");
}

struct versioning_request {
    enum versioning versioning;
    bool is_bad;
    bool wants_mfa;
};

static enum status versioning_close(void *ctx, const char *path, const char *text, size_t len,
                                    struct error *err)
{
    struct versioning_request *v = ctx;
    (void)len, (void)err;
    if (strcmp(path, "VersioningConfiguration/MfaDelete") == 0)
        v->wants_mfa = strcmp(text, "Enabled") == 0;
    if (strcmp(path, "VersioningConfiguration/Status") != 0)
        return STATUS_OK;
    if (strcmp(text, "Enabled") == 0)
        v->versioning = VERSIONING_ENABLED;
    else if (strcmp(text, "Suspended") == 0)
        v->versioning = VERSIONING_SUSPENDED;
    else
        v->is_bad = true;
    return STATUS_OK;
}

static enum code versioning_read(struct request *r, struct versioning_request *v)
{
    static const struct xml_events events = {.close = versioning_close};
    struct body_digests digests;
    const struct chunk *body = r->body.chunk;
    const enum code code = body_verify(r, &digests);
    if (code != CODE_NONE)
        return code;
    if (body == NULL ||
        xml_parse(&events, v, (const char *)body->data, body->size, NULL) != STATUS_OK || v->is_bad)
        return CODE_MALFORMED_XML;
    if (v->wants_mfa)
        return CODE_NOT_IMPLEMENTED;
    return v->versioning == VERSIONING_NEVER ? CODE_ILLEGAL_VERSIONING : CODE_NONE;
}

void op_put_bucket_versioning(struct request *r)
{
    struct storage *store = server_storage(r->server);
    struct versioning_request v = {.versioning = VERSIONING_NEVER};
    enum code code = storage_find_bucket(store, r->where.bucket);
    if (code == CODE_NONE)
        code = versioning_read(r, &v);
    if (code == CODE_NONE)
        code = storage_set_versioning(store, r->where.bucket, v.versioning);
    reply_failed(r, code);
}

/* Access lists */

/* Of the bucket or the object, which must exist. */
static enum code find_subject(const struct request *r, struct storage_version *version)
{
    const struct storage_where where = op_where(r);
    struct object *object;
    if (where.key_len == 0)
        return storage_find_bucket(server_storage(r->server), where.bucket);
    const enum code code = storage_get(server_storage(r->server), &where, &object, version);
    if (code == CODE_NONE)
        object_unref(object);
    return code;
}

void op_get_acl(struct request *r)
{
    struct storage_version version = {.id = ""};
    struct buf *b = &r->reply.shown.body;
    const enum code code = find_subject(r, &version);
    if (code != CODE_NONE) {
        op_read_failed(r, code, &version);
        return;
    }
    op_version_headers(r, &version);
    reply_xml_begin(r, "AccessControlPolicy");
    xml_owner(b, "Owner");
    xml_open(b, "AccessControlList");
    xml_open(b, "Grant");
    xml_typed_owner(b, "Grantee");
    xml_str(b, "Permission", "FULL_CONTROL");
    xml_close(b, "Grant");
    xml_close(b, "AccessControlList");
    reply_xml_end(r, "AccessControlPolicy");
}

void op_put_acl(struct request *r)
{
    struct storage_version version = {.id = ""};
    const char *acl = request_header(r, "x-amz-acl");
    const enum code code = find_subject(r, &version);
    if (code != CODE_NONE)
        op_read_failed(r, code, &version);
    else if (acl == NULL ||
             (strcmp(acl, "private") != 0 && strcmp(acl, "bucket-owner-full-control") != 0))
        reply_error(r, CODE_ACCESS_CONTROL_LIST_NOT_SUPPORTED, NULL);
    else
        op_version_headers(r, &version);
}

/* Locks, which no bucket here has */

void op_object_lock(struct request *r)
{
    struct storage_version version = {.id = ""};
    const enum code code = find_subject(r, &version);
    if (code != CODE_NONE)
        op_read_failed(r, code, &version);
    else
        reply_error(r, CODE_NO_OBJECT_LOCK, NULL);
}

void op_put_bucket_lock(struct request *r)
{
    if (!reply_failed(r, storage_find_bucket(server_storage(r->server), r->where.bucket)))
        reply_error(r, CODE_OBJECT_LOCK_NOT_ENABLED, NULL);
}

/* Settings that nobody has made */

struct setting {
    const char *param;
    enum code code;   /* CODE_NONE: there is a document even so */
    const char *root; /* of it */
    const char *content;
};

static const struct setting settings[] = {
    {"accelerate", CODE_NONE, "AccelerateConfiguration", ""},
    {"cors", CODE_NO_SUCH_CORS, NULL, NULL},
    {"encryption", CODE_NONE, "ServerSideEncryptionConfiguration",
     "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
     "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>"},
    {"lifecycle", CODE_NO_SUCH_LIFECYCLE, NULL, NULL},
    {"logging", CODE_NONE, "BucketLoggingStatus", ""},
    {"notification", CODE_NONE, "NotificationConfiguration", ""},
    {"object-lock", CODE_OBJECT_LOCK_NOT_FOUND, NULL, NULL},
    {"ownershipControls", CODE_NONE, "OwnershipControls",
     "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"},
    {"policy", CODE_NO_SUCH_POLICY, NULL, NULL},
    {"policyStatus", CODE_NO_SUCH_POLICY, NULL, NULL},
    {"publicAccessBlock", CODE_NO_SUCH_ACCESS_BLOCK, NULL, NULL},
    {"replication", CODE_REPLICATION_NOT_FOUND, NULL, NULL},
    {"requestPayment", CODE_NONE, "RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"},
    {"tagging", CODE_NO_SUCH_TAG_SET, NULL, NULL},
    {"website", CODE_NO_SUCH_WEBSITE, NULL, NULL},
};

void op_get_bucket_setting(struct request *r)
{
    if (reply_failed(r, storage_find_bucket(server_storage(r->server), r->where.bucket)))
        return;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct setting *s = &settings[i];
        if (request_param(r, s->param) == NULL)
            continue;
        if (reply_failed(r, s->code))
            return;
        reply_xml_begin(r, s->root);
        buf_append_str(&r->reply.shown.body, s->content);
        reply_xml_end(r, s->root);
        return;
    }
    reply_error(r, CODE_NOT_IMPLEMENTED, NULL);
}
