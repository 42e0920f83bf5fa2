/* SPDX-License-Identifier: MIT */
/* route - from method, path and query to an operation, as data. */
#include <string.h>

#include "bench/server/request.h"

enum level { LEVEL_SERVICE, LEVEL_BUCKET, LEVEL_OBJECT };

/* The first row that fits is taken; `param` and `header` must be there when named. */
static const struct route {
    const char *method;
    enum level level;
    const char *param;
    const char *header;
    enum operation operation;
} routes[] = {
    {"GET", LEVEL_SERVICE, NULL, NULL, OP_LIST_BUCKETS},
    {"GET", LEVEL_BUCKET, "location", NULL, OP_GET_BUCKET_LOCATION},
    {"GET", LEVEL_BUCKET, "uploads", NULL, OP_LIST_UPLOADS},
    {"GET", LEVEL_BUCKET, "list-type", NULL, OP_LIST_OBJECTS},
    {"PUT", LEVEL_BUCKET, NULL, NULL, OP_CREATE_BUCKET},
    {"HEAD", LEVEL_BUCKET, NULL, NULL, OP_HEAD_BUCKET},
    {"DELETE", LEVEL_BUCKET, NULL, NULL, OP_DELETE_BUCKET},
    {"POST", LEVEL_BUCKET, "delete", NULL, OP_DELETE_OBJECTS},
    {"GET", LEVEL_OBJECT, "uploadId", NULL, OP_LIST_PARTS},
    {"GET", LEVEL_OBJECT, NULL, NULL, OP_GET_OBJECT},
    {"HEAD", LEVEL_OBJECT, NULL, NULL, OP_HEAD_OBJECT},
    {"PUT", LEVEL_OBJECT, "uploadId", "x-amz-copy-source", OP_UPLOAD_PART_COPY},
    {"PUT", LEVEL_OBJECT, "uploadId", NULL, OP_UPLOAD_PART},
    {"PUT", LEVEL_OBJECT, NULL, "x-amz-copy-source", OP_UNKNOWN}, /* CopyObject */
    {"PUT", LEVEL_OBJECT, NULL, NULL, OP_PUT_OBJECT},
    {"DELETE", LEVEL_OBJECT, "uploadId", NULL, OP_ABORT_UPLOAD},
    {"DELETE", LEVEL_OBJECT, NULL, NULL, OP_DELETE_OBJECT},
    {"POST", LEVEL_OBJECT, "uploads", NULL, OP_CREATE_UPLOAD},
    {"POST", LEVEL_OBJECT, "uploadId", NULL, OP_COMPLETE_UPLOAD},
};

/* Parameters that make another operation of a request, one that is not here. Without this list a
 * "?acl" would be taken for the object itself. */
static const char *const foreign_params[] = {
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "select",
    "tagging",
    "torrent",
    "versionId",
    "versioning",
    "versions",
    "website",
};

static bool is_foreign(const char *name)
{
    for (size_t i = 0; i < sizeof foreign_params / sizeof *foreign_params; i++)
        if (strcmp(foreign_params[i], name) == 0)
            return true;
    return false;
}

static bool has_foreign_param(const struct request *r)
{
    for (size_t i = 0; i < r->param_count; i++) {
        const char *name = r->params[i].name;
        if (strncmp(name, "X-Amz-", 6) == 0 || !is_foreign(name))
            continue; /* a presigned request has many of the former */
        /* Of an upload's part the number is no stranger. */
        if (strcmp(name, "partNumber") != 0 || request_param(r, "uploadId") == NULL)
            return true;
    }
    return false;
}

static bool route_fits(const struct route *route, const struct request *r, enum level level)
{
    return route->level == level && strcmp(route->method, r->method) == 0 &&
           (route->param == NULL || request_param(r, route->param) != NULL) &&
           (route->header == NULL || request_header(r, route->header) != NULL);
}

enum code request_route(struct request *r)
{
    enum level level = LEVEL_OBJECT;
    if (r->where.bucket[0] == '\0')
        level = LEVEL_SERVICE;
    else if (r->where.key_len == 0)
        level = LEVEL_BUCKET;
    if (has_foreign_param(r))
        return CODE_NOT_IMPLEMENTED;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (route_fits(&routes[i], r, level)) {
            r->operation = routes[i].operation;
            return r->operation == OP_UNKNOWN ? CODE_NOT_IMPLEMENTED : CODE_NONE;
        }
    }
    /* GET on a bucket without list-type is version 1 of the listing. */
    return level == LEVEL_BUCKET && (r->method[0] == 'G' || r->method[0] == 'P')
               ? CODE_NOT_IMPLEMENTED
               : CODE_METHOD_NOT_ALLOWED;
}
