/* SPDX-License-Identifier: MIT */
/*
 * crc - reflected CRCs of 32 and 64 bits in one code: a register of either width lies in the lower
 * bits of a word, and the most significant of its bits stands for x^0.
 */
#include "lib/base/crc.h"

#include <pthread.h>

#include <zlib.h>

#define KINDS       (CRC_64NVME + 1)
#define SLICES      8
#define LENGTH_BITS 64

static const struct polynomial {
    uint64_t reflected;
    uint64_t one;  /* x^0, the register's highest bit */
    uint64_t ones; /* all of its bits */
} polynomials[KINDS] = {
    [CRC_32] = {0xedb88320u, UINT64_C(1) << 31, UINT32_MAX},
    [CRC_32C] = {0x82f63b78u, UINT64_C(1) << 31, UINT32_MAX},
    [CRC_64NVME] = {UINT64_C(0x9a6c9329ac4bc9b5), UINT64_C(1) << 63, UINT64_MAX},
};

/* Written once under `tables_once`, immutable afterwards. */
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;
static struct tables {
    uint64_t slices[SLICES][256]; /* [n][b]: byte b followed by n zero bytes */
    uint64_t powers[LENGTH_BITS]; /* [n]: x^(8 * 2^n) */
} tables[KINDS];

static uint64_t times_x(const struct polynomial *p, uint64_t a)
{
    return a & 1 ? a >> 1 ^ p->reflected : a >> 1;
}

static uint64_t multiply(const struct polynomial *p, uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (uint64_t bit = p->one; bit != 0; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = times_x(p, b);
    }
    return product;
}

static void tables_fill(const struct polynomial *p, struct tables *t)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = times_x(p, crc);
        t->slices[0][byte] = crc;
    }
    for (unsigned byte = 0; byte < 256; byte++)
        for (unsigned n = 1; n < SLICES; n++) {
            const uint64_t crc = t->slices[n - 1][byte];
            t->slices[n][byte] = t->slices[0][crc & 0xff] ^ crc >> 8;
        }
    t->powers[0] = p->one >> 8;
    for (unsigned n = 1; n < LENGTH_BITS; n++)
        t->powers[n] = multiply(p, t->powers[n - 1], t->powers[n - 1]);
}

static void tables_fill_all(void)
{
    for (unsigned kind = 0; kind < KINDS; kind++)
        tables_fill(&polynomials[kind], &tables[kind]);
}

static const struct tables *tables_of(enum crc_kind kind)
{
    pthread_once(&tables_once, tables_fill_all);
    return &tables[kind];
}

/* Written out, compilers make one load of it where bytes lie that way; of a loop they do not. */
static uint64_t load_little_endian(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

static uint64_t sliced(const struct tables *t, uint64_t crc, const uint8_t *p, size_t len)
{
    for (; len >= 8; p += 8, len -= 8) {
        const uint64_t word = crc ^ load_little_endian(p);
        crc = t->slices[7][word & 0xff] ^ t->slices[6][word >> 8 & 0xff] ^
              t->slices[5][word >> 16 & 0xff] ^ t->slices[4][word >> 24 & 0xff] ^
              t->slices[3][word >> 32 & 0xff] ^ t->slices[2][word >> 40 & 0xff] ^
              t->slices[1][word >> 48 & 0xff] ^ t->slices[0][word >> 56];
    }
    for (; len > 0; p++, len--)
        crc = t->slices[0][(crc ^ *p) & 0xff] ^ crc >> 8;
    return crc;
}

uint64_t crc_update(enum crc_kind kind, uint64_t crc, const void *data, size_t len)
{
    if (len == 0)
        return crc; /* to zlib, no data means "start over" */
    if (kind == CRC_32)
        return crc32_z((uLong)crc, data, len);
    const uint64_t ones = polynomials[kind].ones;
    return sliced(tables_of(kind), crc ^ ones, data, len) ^ ones;
}

/* The ones that a register starts with and is finished with cancel out. */
uint64_t crc_combine(enum crc_kind kind, uint64_t a, uint64_t b, uint64_t b_len)
{
    const struct polynomial *p = &polynomials[kind];
    const struct tables *t = tables_of(kind);
    for (unsigned n = 0; b_len != 0; n++, b_len >>= 1)
        if (b_len & 1)
            a = multiply(p, t->powers[n], a);
    return a ^ b;
}
