/* SPDX-License-Identifier: MIT */
/*
 * hash - digests over OpenSSL's EVP, and their text forms. The algorithm is fetched once a context.
 *
 * A `struct hash` is a heap object because EVP contexts are; make one and hash_restart it: a
 * context per loop, not per object. Digests that fail are programmers' or memory errors: hash_new
 * reports them, the rest cannot fail.
 */
#ifndef KIT_BASE_HASH_H
#define KIT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define SHA256_SIZE     32
#define SHA1_SIZE       20
#define MD5_SIZE        16
#define SHA256_HEX_SIZE (2 * SHA256_SIZE + 1) /* with its NUL */

enum hash_kind { HASH_SHA256, HASH_SHA1, HASH_MD5 };

struct hash;

enum status hash_new(enum hash_kind kind, struct hash **out, struct error *err) MUST_USE;
void hash_free(struct hash *h);
void hash_restart(struct hash *h);
void hash_update(struct hash *h, const void *data, size_t len);
/* Writes SHA256_SIZE, SHA1_SIZE or MD5_SIZE bytes; hash_restart before the next use. */
void hash_finish(struct hash *h, uint8_t *out);
/* The digest of what came so far, without ending it. */
void hash_peek(const struct hash *h, uint8_t *out);

/* One-shot forms with a per-call context. */
void sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE]);
void sha1(const void *data, size_t len, uint8_t out[SHA1_SIZE]);
void md5(const void *data, size_t len, uint8_t out[MD5_SIZE]);
void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                 uint8_t out[SHA256_SIZE]);
void hmac_sha1(const void *key, size_t key_len, const void *data, size_t len,
               uint8_t out[SHA1_SIZE]);

/* Lower-case hexadecimal with a NUL: `out` has 2 * len + 1 bytes. */
void hex_encode(const void *data, size_t len, char *out);
/* Reads exactly 2 * len digits of either case; 0, or -1 on anything else. */
int hex_decode(const char *text, void *out, size_t len);
/* Standard base64 with padding and a NUL: `out` has BASE64_SIZE(len) bytes. */
#define BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)
void base64_encode(const void *data, size_t len, char *out);
/* Standard base64 with padding; returns decoded length or -1 on bad input or lack of room. */
long base64_decode(const char *text, void *out, size_t room);

/* Equal in time that depends on `len` alone. */
int equal_constant_time(const void *a, const void *b, size_t len);
/* Zeroes memory in a way that the compiler keeps. */
void cleanse(void *data, size_t len);

#endif
