/* SPDX-License-Identifier: MIT */
/* checksum - see checksum.h. A table, over crc and hash. */
#include "lib/s3/checksum.h"

#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
#include "lib/base/crc.h"

static const struct checksum_info infos[CHECKSUM_ALGORITHMS] = {
    [CHECKSUM_NONE] = {"", "", "", 0, false, false},
    [CHECKSUM_CRC32] = {"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4, true, true},
    [CHECKSUM_CRC32C] = {"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4, true, true},
    [CHECKSUM_CRC64NVME] = {"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8, true,
                            false},
    [CHECKSUM_SHA1] = {"SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", SHA1_SIZE, false, true},
    [CHECKSUM_SHA256] = {"SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", SHA256_SIZE, false,
                         true},
};

static enum crc_kind crc_kind_of(enum checksum_algorithm algorithm)
{
    return algorithm == CHECKSUM_CRC32    ? CRC_32
           : algorithm == CHECKSUM_CRC32C ? CRC_32C
                                          : CRC_64NVME;
}

const struct checksum_info *checksum_info(enum checksum_algorithm algorithm)
{
    return &infos[algorithm];
}

enum checksum_algorithm checksum_find(const char *name)
{
    for (unsigned a = CHECKSUM_NONE + 1; a < CHECKSUM_ALGORITHMS; a++)
        if (strcasecmp(infos[a].name, name) == 0)
            return a;
    return CHECKSUM_NONE;
}

enum checksum_algorithm checksum_find_header(const char *header)
{
    for (unsigned a = CHECKSUM_NONE + 1; a < CHECKSUM_ALGORITHMS; a++)
        if (strcasecmp(infos[a].header, header) == 0)
            return a;
    return CHECKSUM_NONE;
}

/* The context of the algorithms that have one, otherwise NULL. */
static struct hash **hash_of(struct checksum *c, enum checksum_algorithm algorithm)
{
    if (algorithm == CHECKSUM_SHA1)
        return &c->sha1;
    return algorithm == CHECKSUM_SHA256 ? &c->sha256 : NULL;
}

enum status checksum_start(struct checksum *c, enum checksum_algorithm algorithm, struct error *err)
{
    c->crc = 0;
    struct hash **hash = hash_of(c, algorithm);
    if (hash != NULL && *hash == NULL) {
        const enum status status =
            hash_new(algorithm == CHECKSUM_SHA1 ? HASH_SHA1 : HASH_SHA256, hash, err);
        if (status != STATUS_OK)
            return status;
    } else if (hash != NULL) {
        hash_restart(*hash);
    }
    c->algorithm = algorithm;
    return STATUS_OK;
}

void checksum_update(struct checksum *c, const void *data, size_t len)
{
    struct hash **hash = hash_of(c, c->algorithm);
    if (hash != NULL)
        hash_update(*hash, data, len);
    else if (c->algorithm != CHECKSUM_NONE)
        c->crc = crc_update(crc_kind_of(c->algorithm), c->crc, data, len);
}

static void store_big_endian(uint64_t value, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static uint64_t load_big_endian(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

void checksum_finish(struct checksum *c, uint8_t digest[CHECKSUM_SIZE_MAX])
{
    struct hash **hash = hash_of(c, c->algorithm);
    if (hash != NULL)
        hash_finish(*hash, digest);
    else
        store_big_endian(c->crc, digest, infos[c->algorithm].size);
}

void checksum_release(struct checksum *c)
{
    hash_free(c->sha1);
    hash_free(c->sha256);
    *c = (struct checksum){.algorithm = CHECKSUM_NONE};
}

void checksum_of(enum checksum_algorithm algorithm, const void *data, size_t len,
                 uint8_t digest[CHECKSUM_SIZE_MAX])
{
    if (algorithm == CHECKSUM_SHA256)
        sha256(data, len, digest);
    else if (algorithm == CHECKSUM_SHA1)
        sha1(data, len, digest);
    else
        store_big_endian(crc_update(crc_kind_of(algorithm), 0, data, len), digest,
                         infos[algorithm].size);
}

void checksum_combine(enum checksum_algorithm algorithm, uint8_t digest[CHECKSUM_SIZE_MAX],
                      const uint8_t b_digest[CHECKSUM_SIZE_MAX], uint64_t b_len)
{
    const size_t size = infos[algorithm].size;
    const uint64_t whole = crc_combine(crc_kind_of(algorithm), load_big_endian(digest, size),
                                       load_big_endian(b_digest, size), b_len);
    store_big_endian(whole, digest, size);
}

void checksum_from_crc(enum checksum_algorithm algorithm, uint64_t crc,
                       uint8_t digest[CHECKSUM_SIZE_MAX])
{
    store_big_endian(crc, digest, infos[algorithm].size);
}

uint64_t checksum_to_crc(enum checksum_algorithm algorithm, const uint8_t digest[CHECKSUM_SIZE_MAX])
{
    return load_big_endian(digest, infos[algorithm].size);
}

void checksum_encode(enum checksum_algorithm algorithm, const uint8_t digest[CHECKSUM_SIZE_MAX],
                     char text[CHECKSUM_TEXT_SIZE])
{
    base64_encode(digest, infos[algorithm].size, text);
}

bool checksum_decode(enum checksum_algorithm algorithm, const char *text,
                     uint8_t digest[CHECKSUM_SIZE_MAX])
{
    uint8_t decoded[CHECKSUM_SIZE_MAX];
    const size_t size = infos[algorithm].size;
    if (base64_decode(text, decoded, sizeof decoded) != (long)size)
        return false;
    memcpy(digest, decoded, size);
    return true;
}
