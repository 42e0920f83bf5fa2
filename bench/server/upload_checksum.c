/* SPDX-License-Identifier: MIT */
/* upload_checksum - what a completion says of checksums, against what its parts have. */
#include <string.h>

#include "bench/server/storage_private.h"

/* S3 insists on a part's checksum where the object's is made of them. */
enum code upload_checksum_check_part(const struct upload_checksum *kind,
                                     const struct storage_part *named, const struct object *part,
                                     char refusal[STORAGE_REFUSAL_SIZE])
{
    struct object_checksum have;
    const struct checksum_info *info = checksum_info(kind->algorithm);
    if (kind->declared && part->checksum_algorithm == CHECKSUM_NONE)
        return CODE_INVALID_PART; /* a copy that MinIO's quirk made */
    if (named->checksum.algorithm == CHECKSUM_NONE) {
        if (!kind->composite)
            return CODE_NONE;
        snprintf(refusal, STORAGE_REFUSAL_SIZE,
                 "The upload was created using a %s checksum. The complete request must include "
                 "the checksum for each part. It was missing for part %u in the request.",
                 info->name, named->number);
        return CODE_INVALID_REQUEST;
    }
    if (!kind->declared)
        return CODE_NONE; /* it was checked when the part came, and not kept */
    object_checksum(part, &have);
    return named->checksum.algorithm == have.algorithm &&
                   memcmp(named->checksum.digest, have.digest, info->size) == 0
               ? CODE_NONE
               : CODE_INVALID_PART;
}

enum code upload_checksum_make(const struct upload_checksum *kind,
                               const struct storage_completion *c, struct object *const *chosen,
                               struct object_checksum *sum, char refusal[STORAGE_REFUSAL_SIZE])
{
    const struct checksum_info *info = checksum_info(kind->algorithm);
    const char *type = object_checksum_type(kind->composite);
    if (c->checksum_type != NULL && strcmp(c->checksum_type, type) != 0) {
        snprintf(refusal, STORAGE_REFUSAL_SIZE,
                 "The upload was created using the %s checksum mode. The complete request must use "
                 "the same checksum mode.",
                 type);
        return CODE_INVALID_REQUEST;
    }
    object_checksum_join(kind, chosen, c->count, sum);
    if (sum->algorithm == CHECKSUM_NONE)
        return CODE_INSUFFICIENT_STORAGE;
    if (c->checksum.algorithm != sum->algorithm)
        return CODE_NONE; /* none, or one that the upload knows nothing of */
    if (memcmp(c->checksum.digest, sum->digest, info->size) == 0 &&
        (c->checksum_parts == 0 || (sum->composite && c->checksum_parts == c->count)))
        return CODE_NONE;
    snprintf(refusal, STORAGE_REFUSAL_SIZE,
             "The %s you specified did not match the calculated checksum.", info->name);
    return CODE_BAD_DIGEST;
}
