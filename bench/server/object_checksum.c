/* SPDX-License-Identifier: MIT */
/* object_checksum - see object_checksum.h. */
#include "bench/server/object_checksum.h"

#include <assert.h>
#include <string.h>

const char *object_checksum_type(bool composite)
{
    return composite ? "COMPOSITE" : "FULL_OBJECT";
}

void object_checksum_text(const struct object_checksum *c, unsigned parts,
                          char out[OBJECT_CHECKSUM_TEXT_SIZE])
{
    char text[CHECKSUM_TEXT_SIZE];
    checksum_encode(c->algorithm, c->digest, text);
    if (c->composite)
        snprintf(out, OBJECT_CHECKSUM_TEXT_SIZE, "%s-%u", text, parts % 100000);
    else
        snprintf(out, OBJECT_CHECKSUM_TEXT_SIZE, "%s", text);
}

void object_checksum_header(const struct object_checksum *c, unsigned parts, struct buf *out)
{
    char text[OBJECT_CHECKSUM_TEXT_SIZE];
    if (c->algorithm == CHECKSUM_NONE)
        return;
    object_checksum_text(c, parts, text);
    buf_printf(out, "%s: %s\n", checksum_info(c->algorithm)->header, text);
}

void object_checksum_headers(const struct object *o, struct buf *out)
{
    struct object_checksum c;
    object_checksum(o, &c);
    object_checksum_header(&c, o->part_count, out);
    if (c.algorithm != CHECKSUM_NONE)
        buf_printf(out, "x-amz-checksum-type: %s\n", object_checksum_type(c.composite));
}

static void append_element(const struct object_checksum *c, unsigned parts, struct buf *out)
{
    const char *element = checksum_info(c->algorithm)->element;
    char text[OBJECT_CHECKSUM_TEXT_SIZE];
    object_checksum_text(c, parts, text); /* base64 needs no escapes */
    buf_printf(out, "<%s>%s</%s>", element, text, element);
}

void object_checksum_elements(const struct object *o, struct buf *out)
{
    struct object_checksum c;
    object_checksum(o, &c);
    if (c.algorithm == CHECKSUM_NONE)
        return;
    append_element(&c, o->part_count, out);
    buf_printf(out, "<ChecksumType>%s</ChecksumType>", object_checksum_type(c.composite));
}

void object_checksum_kind(const struct object *o, struct buf *out)
{
    if (o->checksum_algorithm == CHECKSUM_NONE)
        return;
    buf_printf(out, "<ChecksumAlgorithm>%s</ChecksumAlgorithm><ChecksumType>%s</ChecksumType>",
               checksum_info(o->checksum_algorithm)->name,
               object_checksum_type(o->checksum_composite));
}

void object_checksum_part_element(const struct object *part, struct buf *out)
{
    struct object_checksum c;
    object_checksum(part, &c);
    if (c.algorithm != CHECKSUM_NONE && !c.unasked)
        append_element(&c, 0, out);
}

void object_checksum_join(const struct upload_checksum *kind, struct object *const *parts,
                          size_t count, struct object_checksum *out)
{
    const size_t size = checksum_info(kind->algorithm)->size;
    struct object_checksum part;
    struct buf digests;
    buf_init(&digests, count * size);
    *out = (struct object_checksum){.algorithm = kind->algorithm, .composite = kind->composite};
    for (size_t i = 0; i < count; i++) {
        object_checksum(parts[i], &part);
        assert(part.algorithm == kind->algorithm);
        if (kind->composite)
            buf_append(&digests, part.digest, size);
        else if (i == 0)
            memcpy(out->digest, part.digest, size);
        else
            checksum_combine(kind->algorithm, out->digest, part.digest, parts[i]->size);
    }
    if (digests.failed != STATUS_OK)
        out->algorithm = CHECKSUM_NONE; /* without memory there is none */
    else if (kind->composite)
        checksum_of(kind->algorithm, digests.data, digests.len, out->digest);
    buf_release(&digests);
}
