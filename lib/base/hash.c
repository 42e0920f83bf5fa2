/* SPDX-License-Identifier: MIT */
/* hash - see hash.h. */
#include "lib/base/hash.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define HMAC_BLOCK 64

struct hash {
    EVP_MD_CTX *ctx;
    EVP_MD_CTX *peek; /* where hash_peek ends a copy */
    const EVP_MD *md;
};

/*
 * A fetch by name costs more than the digest of a short text, so each algorithm is fetched once a
 * process. Written once under `fetch_once`, immutable afterwards, and never freed.
 */
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static EVP_MD *fetched[HASH_MD5 + 1];

static void fetch_all(void)
{
    fetched[HASH_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
    fetched[HASH_SHA1] = EVP_MD_fetch(NULL, "SHA1", NULL);
    fetched[HASH_MD5] = EVP_MD_fetch(NULL, "MD5", NULL);
}

/* NULL when OpenSSL has no such algorithm (MD5 under FIPS rules) or no memory. */
static const EVP_MD *algorithm(enum hash_kind kind)
{
    pthread_once(&fetch_once, fetch_all);
    return fetched[kind];
}

/* For what fails on a broken OpenSSL or without a few hundred bytes of memory alone: a digest that
 * was not computed must not be taken for one. */
static void must(int ok)
{
    if (!ok)
        abort();
}

enum status hash_new(enum hash_kind kind, struct hash **out, struct error *err)
{
    static const char *const names[] = {"SHA-256", "SHA-1", "MD5"};
    const EVP_MD *md = algorithm(kind);
    if (!md)
        return error_set(err, STATUS_INVALID, "OpenSSL does not offer %s here", names[kind]);
    struct hash *h = calloc(1, sizeof *h);
    if (!h)
        return error_set(err, STATUS_NO_MEMORY, "no memory for a digest");
    h->md = md;
    h->ctx = EVP_MD_CTX_new();
    h->peek = EVP_MD_CTX_new();
    if (!h->ctx || !h->peek || EVP_DigestInit_ex(h->ctx, md, NULL) != 1) {
        hash_free(h);
        return error_set(err, STATUS_NO_MEMORY, "no memory for a digest");
    }
    *out = h;
    return STATUS_OK;
}

void hash_free(struct hash *h)
{
    if (!h)
        return;
    EVP_MD_CTX_free(h->ctx);
    EVP_MD_CTX_free(h->peek);
    free(h);
}

void hash_restart(struct hash *h)
{
    must(EVP_DigestInit_ex(h->ctx, h->md, NULL));
}

void hash_update(struct hash *h, const void *data, size_t len)
{
    must(EVP_DigestUpdate(h->ctx, data, len));
}

void hash_finish(struct hash *h, uint8_t *out)
{
    must(EVP_DigestFinal_ex(h->ctx, out, NULL));
}

void hash_peek(const struct hash *h, uint8_t *out)
{
    must(EVP_MD_CTX_copy_ex(h->peek, h->ctx));
    must(EVP_DigestFinal_ex(h->peek, out, NULL));
}

static void digest(enum hash_kind kind, const void *data, size_t len, uint8_t *out)
{
    const EVP_MD *md = algorithm(kind);
    must(md && EVP_Digest(data, len, out, NULL, md, NULL));
}

void sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE])
{
    digest(HASH_SHA256, data, len, out);
}

void sha1(const void *data, size_t len, uint8_t out[SHA1_SIZE])
{
    digest(HASH_SHA1, data, len, out);
}

void md5(const void *data, size_t len, uint8_t out[MD5_SIZE])
{
    digest(HASH_MD5, data, len, out);
}

/* Half of an HMAC: the digest of (padded key xor `pad`) and `data`. */
static void keyed_digest(EVP_MD_CTX *ctx, enum hash_kind kind, const uint8_t key[HMAC_BLOCK],
                         uint8_t pad, const void *data, size_t len, uint8_t *out)
{
    uint8_t block[HMAC_BLOCK];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    must(EVP_DigestInit_ex(ctx, algorithm(kind), NULL));
    must(EVP_DigestUpdate(ctx, block, sizeof block));
    must(EVP_DigestUpdate(ctx, data, len));
    must(EVP_DigestFinal_ex(ctx, out, NULL));
    cleanse(block, sizeof block);
}

/* RFC 2104. By hand because EVP_MAC fetches and sets up three contexts a call. */
static void hmac(enum hash_kind kind, size_t size, const void *key, size_t key_len,
                 const void *data, size_t len, uint8_t *out)
{
    uint8_t padded[HMAC_BLOCK] = {0};
    if (key_len > sizeof padded)
        digest(kind, key, key_len, padded);
    else if (key_len > 0)
        memcpy(padded, key, key_len);

    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    must(ctx != NULL);
    uint8_t inner[SHA256_SIZE];
    keyed_digest(ctx, kind, padded, 0x36, data, len, inner);
    keyed_digest(ctx, kind, padded, 0x5c, inner, size, out);
    EVP_MD_CTX_free(ctx);
    cleanse(padded, sizeof padded);
    cleanse(inner, sizeof inner);
}

void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                 uint8_t out[SHA256_SIZE])
{
    hmac(HASH_SHA256, SHA256_SIZE, key, key_len, data, len, out);
}

void hmac_sha1(const void *key, size_t key_len, const void *data, size_t len,
               uint8_t out[SHA1_SIZE])
{
    hmac(HASH_SHA1, SHA1_SIZE, key, key_len, data, len, out);
}

void hex_encode(const void *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int hex_pair(const char *text)
{
    int high = hex_digit(text[0]);
    int low = high < 0 ? -1 : hex_digit(text[1]); /* text[1] may not exist after a NUL */
    return low < 0 ? -1 : high << 4 | low;
}

int hex_decode(const char *text, void *out, size_t len)
{
    uint8_t *bytes = out;
    for (size_t i = 0; i < len; i++) {
        if (hex_pair(text + 2 * i) < 0)
            return -1;
    }
    if (text[2 * len] != '\0')
        return -1;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)hex_pair(text + 2 * i);
    return 0;
}

void base64_encode(const void *data, size_t len, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= have > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= have > 2 ? (uint32_t)bytes[i + 2] : 0;
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = have > 1 ? digits[group >> 6 & 63] : '=';
        *out++ = have > 2 ? digits[group & 63] : '=';
    }
    *out = '\0';
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits to their 24 bits, or -1; the `padding` last ones must be '=' and their bits unused. */
static long base64_group(const char *text, unsigned padding)
{
    long bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        int digit = i < 4 - padding ? base64_digit(text[i]) : text[i] == '=' ? 0 : -1;
        if (digit < 0)
            return -1;
        bits = bits << 6 | digit;
    }
    return bits & ((1L << (8 * padding)) - 1) ? -1 : bits;
}

long base64_decode(const char *text, void *out, size_t room)
{
    const size_t text_len = strlen(text);
    if (text_len % 4 != 0 || text_len / 4 > LONG_MAX / 3)
        return -1;
    unsigned padding = 0;
    while (padding < 2 && text_len > 0 && text[text_len - 1 - padding] == '=')
        padding++;
    const size_t len = text_len / 4 * 3 - padding;
    if (len > room)
        return -1;
    uint8_t *bytes = out;
    for (size_t i = 0, at = 0; i < text_len; i += 4) {
        const long bits = base64_group(text + i, i + 4 == text_len ? padding : 0);
        if (bits < 0)
            return -1;
        for (int shift = 16; shift >= 0 && at < len; shift -= 8)
            bytes[at++] = (uint8_t)(bits >> shift);
    }
    return (long)len;
}

int equal_constant_time(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void cleanse(void *data, size_t len)
{
    OPENSSL_cleanse(data, len);
}
