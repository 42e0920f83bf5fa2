/* SPDX-License-Identifier: MIT */
/* digest - the digest of a set of sources. */
#include "compactor/digest.h"

#include <string.h>

static void put_u64(uint8_t out[8], uint64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t in[8])
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | in[i];
    return v;
}

void digest_add(struct digest *d, struct hash *hash, const char *key, uint64_t size,
                const char *etag)
{
    digest_add_nth(d, hash, 0, key, size, etag);
}

void digest_add_nth(struct digest *d, struct hash *hash, unsigned nth, const char *key,
                    uint64_t size, const char *etag)
{
    uint8_t size_bytes[8];
    uint8_t nth_bytes[8];
    uint8_t sum[SHA256_SIZE];
    put_u64(size_bytes, size);
    put_u64(nth_bytes, nth);
    hash_restart(hash);
    hash_update(hash, key, strlen(key) + 1);
    hash_update(hash, size_bytes, sizeof size_bytes);
    hash_update(hash, etag, strlen(etag) + (nth > 0));
    hash_update(hash, nth_bytes, nth > 0 ? sizeof nth_bytes : 0);
    hash_finish(hash, sum);
    for (int i = 0; i < 4; i++)
        d->lane[i] += get_u64(sum + 8 * i);
}

void digest_sum(struct digest *d, const struct digest *other)
{
    for (int i = 0; i < 4; i++)
        d->lane[i] += other->lane[i];
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->lane, b->lane, sizeof a->lane) == 0;
}

void digest_format(const struct digest *d, char out[DIGEST_HEX_SIZE])
{
    uint8_t bytes[SHA256_SIZE];
    for (int i = 0; i < 4; i++)
        put_u64(bytes + 8 * i, d->lane[i]);
    hex_encode(bytes, sizeof bytes, out);
}

bool digest_parse(const char *text, struct digest *out)
{
    uint8_t bytes[SHA256_SIZE];
    if (strlen(text) != DIGEST_HEX_SIZE - 1 || hex_decode(text, bytes, sizeof bytes) != 0)
        return false;
    for (int i = 0; i < 4; i++)
        out->lane[i] = get_u64(bytes + 8 * i);
    return true;
}
