/* SPDX-License-Identifier: MIT */
/* Digests against the RFCs' vectors; hexadecimal and base64 both ways. */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/base/rng.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void assert_hex(const uint8_t *bytes, size_t len, const char *want)
{
    char text[SHA256_HEX_SIZE];
    hex_encode(bytes, len, text);
    assert_string_equal(text, want);
}

/* FIPS 180-2, appendix B, and the empty message; RFC 1321, A.5. */
static void test_known_digests(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *sha256;
        const char *sha1;
        const char *md5;
    } table[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "da39a3ee5e6b4b0d3255bfef95601890afd80709", "d41d8cd98f00b204e9800998ecf8427e"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "a9993e364706816aba3e25717850c26c9cd0d89d", "900150983cd24fb0d6963f7d28e17f72"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
         "84983e441c3bd26ebaae4aa1f95129e5e54670f1", "8215ef0796a20bcaaae116d3876c664a"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        uint8_t digest[SHA256_SIZE];
        sha256(table[i].text, strlen(table[i].text), digest);
        assert_hex(digest, SHA256_SIZE, table[i].sha256);
        sha1(table[i].text, strlen(table[i].text), digest);
        assert_hex(digest, SHA1_SIZE, table[i].sha1);
        md5(table[i].text, strlen(table[i].text), digest);
        assert_hex(digest, MD5_SIZE, table[i].md5);
    }
}

/* RFC 4231: cases 1 to 4, 6 and 7; the last two have keys longer than a block. */
static void test_hmac_rfc4231(void **state)
{
    (void)state;
    uint8_t ones[131], mac[SHA256_SIZE], counting[25], data[50];
    memset(ones, 0x0b, sizeof ones);
    hmac_sha256(ones, 20, "Hi There", 8, mac);
    assert_hex(mac, sizeof mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");

    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
    assert_hex(mac, sizeof mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

    memset(ones, 0xaa, sizeof ones);
    memset(data, 0xdd, sizeof data);
    hmac_sha256(ones, 20, data, sizeof data, mac);
    assert_hex(mac, sizeof mac, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");

    for (size_t i = 0; i < sizeof counting; i++)
        counting[i] = (uint8_t)(i + 1);
    memset(data, 0xcd, sizeof data);
    hmac_sha256(counting, sizeof counting, data, sizeof data, mac);
    assert_hex(mac, sizeof mac, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");

    static const char long_key[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    hmac_sha256(ones, 131, long_key, strlen(long_key), mac);
    assert_hex(mac, sizeof mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");

    static const char long_both[] =
        "This is a test using a larger than block-size key and a larger than block-size data. The "
        "key needs to be hashed before being used by the HMAC algorithm.";
    hmac_sha256(ones, 131, long_both, strlen(long_both), mac);
    assert_hex(mac, sizeof mac, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

/* RFC 2202: cases 2 and 6. */
static void test_hmac_rfc2202(void **state)
{
    (void)state;
    uint8_t key[80], mac[SHA1_SIZE];
    hmac_sha1("Jefe", 4, "what do ya want for nothing?", 28, mac);
    assert_hex(mac, sizeof mac, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    static const char long_key[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    memset(key, 0xaa, sizeof key);
    hmac_sha1(key, sizeof key, long_key, strlen(long_key), mac);
    assert_hex(mac, sizeof mac, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

/* However the bytes are cut, and whatever was peeked at, the digest is the one-shot's. */
static void test_pieces_and_peek(void **state)
{
    (void)state;
    uint8_t data[1000], want[SHA256_SIZE], got[SHA256_SIZE];
    struct rng r;
    rng_seed(&r, 9);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)rng_next(&r);
    struct hash *h;
    struct error err;
    assert_ok(hash_new(HASH_SHA256, &h, &err), &err);
    for (int round = 0; round < 50; round++) {
        hash_restart(h);
        for (size_t at = 0; at < sizeof data;) {
            size_t n = (size_t)rng_below(&r, 200);
            n = n < sizeof data - at ? n : sizeof data - at;
            hash_update(h, data + at, n);
            at += n;
            sha256(data, at, want);
            hash_peek(h, got);
            assert_memory_equal(got, want, sizeof got);
        }
        hash_finish(h, got);
        assert_memory_equal(got, want, sizeof got);
    }
    hash_free(h);
    hash_free(NULL);
}

static void test_million_a(void **state)
{
    (void)state;
    char block[1000];
    memset(block, 'a', sizeof block);
    struct hash *h;
    struct error err;
    uint8_t digest[SHA256_SIZE];
    assert_ok(hash_new(HASH_SHA256, &h, &err), &err);
    for (int i = 0; i < 1000; i++)
        hash_update(h, block, sizeof block);
    hash_finish(h, digest);
    assert_hex(digest, sizeof digest,
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    hash_free(h);
}

static void test_hex_decode(void **state)
{
    (void)state;
    uint8_t out[3] = {9, 9, 9};
    assert_int_equal(hex_decode("00fFa9", out, 3), 0);
    assert_memory_equal(out, "\x00\xff\xa9", 3);
    static const char *const bad[] = {"", "0", "00ff", "00ffa", "00ffag", "00ffa9 ", "00ffa900"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        memset(out, 9, sizeof out);
        assert_int_equal(hex_decode(bad[i], out, 3), -1);
        assert_memory_equal(out, "\x09\x09\x09", 3);
    }
    assert_int_equal(hex_decode("", out, 0), 0);
}

static void test_base64_decode(void **state)
{
    (void)state;
    uint8_t data[64], back[64];
    struct rng r;
    rng_seed(&r, 11);
    struct buf b;
    buf_init(&b, 200);
    for (size_t len = 0; len <= sizeof data; len++) {
        for (size_t i = 0; i < len; i++)
            data[i] = (uint8_t)rng_next(&r);
        buf_reset(&b);
        buf_append_base64(&b, data, len);
        assert_int_equal(base64_decode(b.data, back, len), len);
        assert_memory_equal(back, data, len);
        if (len > 0)
            assert_int_equal(base64_decode(b.data, back, len - 1), -1);
    }
    buf_release(&b);
    static const char *const bad[] = {"Z",    "Zg",       "Zg=",    "Zh==", "Zm9=", "=",    "====",
                                      "Z===", "Zg==Zg==", "Zm9v\n", "Zm-v", "Zm_v", " Zg=="};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(base64_decode(bad[i], back, sizeof back), -1);
}

static void test_memory_helpers(void **state)
{
    (void)state;
    char secret[] = "secret";
    assert_true(equal_constant_time("abc", "abc", 3));
    assert_false(equal_constant_time("abc", "abd", 3));
    assert_true(equal_constant_time("abc", "xyz", 0));
    cleanse(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        assert_int_equal(secret[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_digests), cmocka_unit_test(test_hmac_rfc4231),
        cmocka_unit_test(test_hmac_rfc2202),  cmocka_unit_test(test_pieces_and_peek),
        cmocka_unit_test(test_million_a),     cmocka_unit_test(test_hex_decode),
        cmocka_unit_test(test_base64_decode), cmocka_unit_test(test_memory_helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
