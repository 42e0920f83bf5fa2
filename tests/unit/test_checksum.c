/* SPDX-License-Identifier: MIT */
/* S3's checksum algorithms: their texts of known data, in pieces, combined, and misspelt. */
#include "lib/s3/checksum.h"

#include <string.h>

#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Of "123456789". */
static const struct {
    enum checksum_algorithm algorithm;
    const char *name;
    const char *header;
    const char *text;
} known[] = {
    {CHECKSUM_CRC32, "CRC32", "x-amz-checksum-crc32", "y/Q5Jg=="},
    {CHECKSUM_CRC32C, "CRC32C", "x-amz-checksum-crc32c", "4waSgw=="},
    {CHECKSUM_CRC64NVME, "CRC64NVME", "x-amz-checksum-crc64nvme", "rosUhgp5mIg="},
    {CHECKSUM_SHA1, "SHA1", "x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="},
    {CHECKSUM_SHA256, "SHA256", "x-amz-checksum-sha256",
     "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
};

static void test_known_texts(void **state)
{
    struct checksum c = {.algorithm = CHECKSUM_NONE};
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        const enum checksum_algorithm a = known[i].algorithm;
        uint8_t digest[CHECKSUM_SIZE_MAX], again[CHECKSUM_SIZE_MAX];
        char text[CHECKSUM_TEXT_SIZE];
        /* Twice: a context that was used begins anew. */
        for (int round = 0; round < 2; round++) {
            assert_ok(checksum_start(&c, a, NULL), NULL);
            checksum_update(&c, "1234", 4);
            checksum_update(&c, "", 0);
            checksum_update(&c, "56789", 5);
            checksum_finish(&c, digest);
            checksum_encode(a, digest, text);
            assert_string_equal(text, known[i].text);
        }
        checksum_of(a, "123456789", 9, again);
        assert_memory_equal(again, digest, checksum_info(a)->size);
        assert_true(checksum_decode(a, known[i].text, again));
        assert_memory_equal(again, digest, checksum_info(a)->size);
    }
    checksum_release(&c);
}

static void test_names(void **state)
{
    (void)state;
    assert_int_equal(COUNT(known), CHECKSUM_ALGORITHMS - 1);
    for (size_t i = 0; i < COUNT(known); i++) {
        assert_int_equal(checksum_find(known[i].name), known[i].algorithm);
        assert_int_equal(checksum_find_header(known[i].header), known[i].algorithm);
        assert_string_equal(checksum_info(known[i].algorithm)->element + strlen("Checksum"),
                            known[i].name);
    }
    assert_int_equal(checksum_find("crc64nvme"), CHECKSUM_CRC64NVME);
    assert_int_equal(checksum_find_header("X-Amz-Checksum-SHA1"), CHECKSUM_SHA1);
    assert_int_equal(checksum_find("MD5"), CHECKSUM_NONE);
    assert_int_equal(checksum_find(""), CHECKSUM_NONE);
    assert_int_equal(checksum_find_header("x-amz-checksum-mode"), CHECKSUM_NONE);
}

static void test_what_is_no_digest(void **state)
{
    uint8_t digest[CHECKSUM_SIZE_MAX] = {42};
    (void)state;
    assert_false(checksum_decode(CHECKSUM_CRC32, "y/Q5Jg", digest));
    assert_false(checksum_decode(CHECKSUM_CRC32, "rosUhgp5mIg=", digest));
    assert_false(checksum_decode(CHECKSUM_CRC32, "", digest));
    assert_false(checksum_decode(CHECKSUM_CRC64NVME, "y/Q5Jg==", digest));
    assert_false(checksum_decode(CHECKSUM_SHA256, "y/Q5Jg==-2", digest));
    assert_int_equal(digest[0], 42);
}

static void test_parts_combine(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        const enum checksum_algorithm a = known[i].algorithm;
        uint8_t digest[CHECKSUM_SIZE_MAX], more[CHECKSUM_SIZE_MAX];
        char text[CHECKSUM_TEXT_SIZE];
        if (!checksum_info(a)->full_object)
            continue;
        checksum_of(a, "1234", 4, digest);
        checksum_of(a, "56789", 5, more);
        checksum_combine(a, digest, more, 5);
        checksum_encode(a, digest, text);
        assert_string_equal(text, known[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_texts),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_what_is_no_digest),
        cmocka_unit_test(test_parts_combine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
