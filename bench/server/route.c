/* SPDX-License-Identifier: MIT */
/* route - from method, path and query to an operation, as data. */
#include <string.h>

#include "bench/server/request.h"
#include "bench/server/server_private.h"

enum level { LEVEL_SERVICE, LEVEL_BUCKET, LEVEL_OBJECT };

/* The first row that fits is taken; `param` and `header` must be there when named, and a row without
 * a parameter fits only where none names another resource. */
static const struct route {
    const char *method;
    enum level level;
    const char *param;
    const char *header;
    enum operation operation;
} routes[] = {
    {"GET", LEVEL_SERVICE, NULL, NULL, OP_LIST_BUCKETS},

    {"GET", LEVEL_BUCKET, "location", NULL, OP_GET_BUCKET_LOCATION},
    {"GET", LEVEL_BUCKET, "versioning", NULL, OP_GET_BUCKET_VERSIONING},
    {"PUT", LEVEL_BUCKET, "versioning", NULL, OP_PUT_BUCKET_VERSIONING},
    {"GET", LEVEL_BUCKET, "acl", NULL, OP_GET_BUCKET_ACL},
    {"PUT", LEVEL_BUCKET, "acl", NULL, OP_PUT_BUCKET_ACL},
    {"GET", LEVEL_BUCKET, "accelerate", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "cors", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "encryption", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "lifecycle", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "logging", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "notification", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "object-lock", NULL, OP_GET_BUCKET_SETTING},
    {"PUT", LEVEL_BUCKET, "object-lock", NULL, OP_PUT_BUCKET_LOCK},
    {"GET", LEVEL_BUCKET, "ownershipControls", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "policy", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "policyStatus", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "publicAccessBlock", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "replication", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "requestPayment", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "tagging", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "website", NULL, OP_GET_BUCKET_SETTING},
    {"GET", LEVEL_BUCKET, "uploads", NULL, OP_LIST_UPLOADS},
    {"GET", LEVEL_BUCKET, "versions", NULL, OP_LIST_VERSIONS},
    {"GET", LEVEL_BUCKET, "list-type", NULL, OP_LIST_OBJECTS},
    {"GET", LEVEL_BUCKET, NULL, NULL, OP_LIST_OBJECTS_V1},
    {"PUT", LEVEL_BUCKET, NULL, NULL, OP_CREATE_BUCKET},
    {"HEAD", LEVEL_BUCKET, NULL, NULL, OP_HEAD_BUCKET},
    {"DELETE", LEVEL_BUCKET, NULL, NULL, OP_DELETE_BUCKET},
    {"POST", LEVEL_BUCKET, "delete", NULL, OP_DELETE_OBJECTS},

    {"GET", LEVEL_OBJECT, "uploadId", NULL, OP_LIST_PARTS},
    {"GET", LEVEL_OBJECT, "acl", NULL, OP_GET_OBJECT_ACL},
    {"PUT", LEVEL_OBJECT, "acl", NULL, OP_PUT_OBJECT_ACL},
    {"GET", LEVEL_OBJECT, "retention", NULL, OP_GET_OBJECT_LOCK},
    {"PUT", LEVEL_OBJECT, "retention", NULL, OP_PUT_OBJECT_LOCK},
    {"GET", LEVEL_OBJECT, "legal-hold", NULL, OP_GET_OBJECT_LOCK},
    {"PUT", LEVEL_OBJECT, "legal-hold", NULL, OP_PUT_OBJECT_LOCK},
    {"GET", LEVEL_OBJECT, "attributes", NULL, OP_GET_OBJECT_ATTRIBUTES},
    {"GET", LEVEL_OBJECT, "tagging", NULL, OP_GET_OBJECT_TAGGING},
    {"PUT", LEVEL_OBJECT, "tagging", NULL, OP_PUT_OBJECT_TAGGING},
    {"DELETE", LEVEL_OBJECT, "tagging", NULL, OP_DELETE_OBJECT_TAGGING},
    {"GET", LEVEL_OBJECT, NULL, NULL, OP_GET_OBJECT},
    {"HEAD", LEVEL_OBJECT, NULL, NULL, OP_HEAD_OBJECT},
    {"PUT", LEVEL_OBJECT, "uploadId", "x-amz-copy-source", OP_UPLOAD_PART_COPY},
    {"PUT", LEVEL_OBJECT, "uploadId", NULL, OP_UPLOAD_PART},
    {"PUT", LEVEL_OBJECT, NULL, "x-amz-copy-source", OP_COPY_OBJECT},
    {"PUT", LEVEL_OBJECT, NULL, NULL, OP_PUT_OBJECT},
    {"DELETE", LEVEL_OBJECT, "uploadId", NULL, OP_ABORT_UPLOAD},
    {"DELETE", LEVEL_OBJECT, NULL, NULL, OP_DELETE_OBJECT},
    {"POST", LEVEL_OBJECT, "uploads", NULL, OP_CREATE_UPLOAD},
    {"POST", LEVEL_OBJECT, "uploadId", NULL, OP_COMPLETE_UPLOAD},
};

/* Parameters that make another resource of a bucket or an object. Without this list a "?torrent"
 * would be taken for the object itself. */
static const char *const resources[] = {
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
};

/* The resource that the query names, or NULL. */
static const char *named_resource(const struct request *r)
{
    for (size_t i = 0; i < r->param_count; i++) {
        const char *name = r->params[i].name;
        if (strncmp(name, "X-Amz-", 6) == 0)
            continue; /* a presigned request has many of these */
        for (size_t j = 0; j < sizeof resources / sizeof *resources; j++)
            if (strcmp(resources[j], name) == 0)
                return name;
    }
    return NULL;
}

static bool route_fits(const struct route *route, const struct request *r, enum level level,
                       const char *resource)
{
    if (route->level != level || strcmp(route->method, r->method) != 0)
        return false;
    if (route->param == NULL ? resource != NULL : request_param(r, route->param) == NULL)
        return false;
    return route->header == NULL || request_header(r, route->header) != NULL;
}

static bool is_routed(const char *param, enum level level)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (routes[i].level == level && routes[i].param != NULL &&
            strcmp(routes[i].param, param) == 0)
            return true;
    return false;
}

/* MinIO keeps objects as files, and refuses what a path cannot name. */
static enum code minio_key_check(const struct request *r)
{
    const char *key = r->where.key;
    for (const char *p = key; *p != '\0';) {
        const size_t len = strcspn(p, "/");
        if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
            return CODE_MINIO_RESOURCE_NAME;
        p += len + (p[len] == '/');
    }
    return key[0] != '\0' && strstr(key + 1, "//") != NULL ? CODE_MINIO_OBJECT_NAME : CODE_NONE;
}

enum code request_route(struct request *r)
{
    enum level level = LEVEL_OBJECT;
    if (r->where.bucket[0] == '\0')
        level = LEVEL_SERVICE;
    else if (r->where.key_len == 0)
        level = LEVEL_BUCKET;
    const char *resource = named_resource(r);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (route_fits(&routes[i], r, level, resource)) {
            r->operation = routes[i].operation;
            return server_quirks(r->server) == S3_QUIRKS_MINIO ? minio_key_check(r) : CODE_NONE;
        }
    }
    if (resource != NULL && (level == LEVEL_SERVICE || !is_routed(resource, level)))
        return CODE_NOT_IMPLEMENTED;
    /* Settings can be read but not set; a POST to a bucket is a browser's form. */
    return level == LEVEL_BUCKET && (r->method[0] == 'P' || resource != NULL)
               ? CODE_NOT_IMPLEMENTED
               : CODE_METHOD_NOT_ALLOWED;
}
