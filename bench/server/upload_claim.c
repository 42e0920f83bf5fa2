/* SPDX-License-Identifier: MIT */
/* upload_claim - see upload_claim.h. */
#include "bench/server/upload_claim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/units.h"

#define ALGORITHM_HEADER "x-amz-checksum-algorithm"
#define TYPE_HEADER      "x-amz-checksum-type"
#define SIZE_HEADER      "x-amz-mp-object-size"

static enum code type_read(struct request *r, const char *type, struct upload_checksum *out)
{
    const struct checksum_info *info = checksum_info(out->algorithm);
    out->composite = info->composite; /* where both may be had, it is the default */
    if (type == NULL)
        return CODE_NONE;
    out->composite = strcasecmp(type, object_checksum_type(true)) == 0;
    if (!out->composite && strcasecmp(type, object_checksum_type(false)) != 0)
        return request_refuse(r, CODE_INVALID_REQUEST,
                              "Value for " TYPE_HEADER " header is invalid.");
    if (out->composite ? info->composite : info->full_object)
        return CODE_NONE;
    return request_refuse(r, CODE_INVALID_REQUEST,
                          "The %s checksum type cannot be used with the %s checksum algorithm.",
                          object_checksum_type(out->composite), info->name);
}

static enum code algorithm_read(struct request *r, const char *name, enum checksum_algorithm *out)
{
    *out = checksum_find(name);
    if (*out != CHECKSUM_NONE)
        return CODE_NONE;
    return request_refuse(r, CODE_INVALID_REQUEST,
                          "Checksum algorithm provided is unsupported. Please try again with any "
                          "of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
}

enum code upload_claim_copy(struct request *r, const struct object *source,
                            enum checksum_algorithm *out)
{
    const char *name = request_header(r, ALGORITHM_HEADER);
    if (name != NULL)
        return algorithm_read(r, name, out);
    *out = source->checksum_algorithm != CHECKSUM_NONE ? source->checksum_algorithm
                                                       : CHECKSUM_CRC64NVME;
    return CODE_NONE;
}

enum code upload_claim_create(struct request *r, struct upload_checksum *out)
{
    const char *algorithm = request_header(r, ALGORITHM_HEADER);
    const char *type = request_header(r, TYPE_HEADER);
    *out = UPLOAD_CHECKSUM_DEFAULT;
    if (algorithm == NULL && type != NULL)
        return request_refuse(r, CODE_INVALID_REQUEST,
                              "The " TYPE_HEADER
                              " header can only be used with the " ALGORITHM_HEADER " header.");
    if (algorithm == NULL)
        return CODE_NONE;
    out->declared = true;
    const enum code code = algorithm_read(r, algorithm, &out->algorithm);
    return code != CODE_NONE ? code : type_read(r, type, out);
}

/* "digest" or "digest-N" */
static bool claim_read(enum checksum_algorithm algorithm, const char *text,
                       struct storage_completion *out)
{
    char digest[CHECKSUM_TEXT_SIZE];
    uint64_t parts = 0;
    const size_t len = strcspn(text, "-");
    if (len >= sizeof digest ||
        (text[len] == '-' && uint_parse(text + len + 1, 1, PART_NUMBER_MAX, &parts, NULL) != 0))
        return false;
    memcpy(digest, text, len);
    digest[len] = '\0';
    out->checksum.algorithm = algorithm;
    out->checksum_parts = (unsigned)parts;
    return checksum_decode(algorithm, digest, out->checksum.digest);
}

enum code upload_claim_complete(struct request *r, struct storage_completion *out, uint64_t *size)
{
    const char *text = request_header(r, SIZE_HEADER);
    out->checksum_type = request_header(r, TYPE_HEADER);
    if (text != NULL && uint_parse(text, 0, UINT64_MAX, size, NULL) != STATUS_OK)
        return request_refuse(r, CODE_INVALID_REQUEST,
                              "Value for " SIZE_HEADER " header is invalid: '%.40s'", text);
    if (text != NULL)
        out->size = size;
    if (out->checksum_type != NULL && strcmp(out->checksum_type, object_checksum_type(true)) != 0 &&
        strcmp(out->checksum_type, object_checksum_type(false)) != 0)
        return request_refuse(r, CODE_INVALID_REQUEST,
                              "Value for " TYPE_HEADER " header is invalid.");
    for (size_t i = 0; i < r->header_count; i++) {
        const enum checksum_algorithm algorithm = checksum_find_header(r->headers[i].name);
        if (algorithm == CHECKSUM_NONE)
            continue;
        if (out->checksum.algorithm != CHECKSUM_NONE)
            return request_refuse(r, CODE_INVALID_REQUEST,
                                  "Expecting a single x-amz-checksum- header. Multiple checksum "
                                  "Types are not allowed.");
        if (!claim_read(algorithm, r->headers[i].value, out))
            return request_refuse(r, CODE_INVALID_REQUEST, "Value for %s header is invalid.",
                                  checksum_info(algorithm)->header);
    }
    return CODE_NONE;
}

bool upload_claim_part(const char *element, const char *text, struct object_checksum *out)
{
    for (unsigned a = CHECKSUM_NONE + 1; a < CHECKSUM_ALGORITHMS; a++) {
        if (strcmp(checksum_info(a)->element, element) != 0)
            continue;
        out->algorithm = a;
        return checksum_decode(a, text, out->digest);
    }
    return true; /* some other element */
}
