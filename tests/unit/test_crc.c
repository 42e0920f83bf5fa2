/* SPDX-License-Identifier: MIT */
/* CRCs against published check values, a bit-by-bit model, and themselves in pieces. */
#include "lib/base/crc.h"

#include <string.h>

#include "lib/base/rng.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define DATA_SIZE    4096

/* "Check" of the catalogue of parametrised CRC algorithms: of the text "123456789". The others are
 * RFC 3720, B.4, and the NVM Express specification's examples. */
static const struct {
    enum crc_kind kind;
    uint64_t reflected; /* polynomial */
    uint64_t ones;
    uint64_t check;
} kinds[] = {
    {CRC_32, 0xedb88320u, UINT32_MAX, 0xcbf43926u},
    {CRC_32C, 0x82f63b78u, UINT32_MAX, 0xe3069283u},
    {CRC_64NVME, UINT64_C(0x9a6c9329ac4bc9b5), UINT64_MAX, UINT64_C(0xae8b14860a799888)},
};

static uint8_t data[DATA_SIZE];

static int data_fill(void **state)
{
    struct rng rng;
    (void)state;
    rng_seed(&rng, 1);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)rng_next(&rng);
    return 0;
}

static uint64_t model(size_t kind, const uint8_t *bytes, size_t len)
{
    uint64_t crc = kinds[kind].ones;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ kinds[kind].reflected : crc >> 1;
    }
    return crc ^ kinds[kind].ones;
}

static void test_published_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_int_equal(crc_update(kinds[i].kind, 0, "123456789", 9), kinds[i].check);
    uint8_t block[4096] = {0};
    assert_int_equal(crc_update(CRC_32C, 0, block, 32), 0x8a9136aau);
    assert_int_equal(crc_update(CRC_64NVME, 0, block, sizeof block), 0x6482d367eb22b64e);
    memset(block, 0xff, sizeof block);
    assert_int_equal(crc_update(CRC_32C, 0, block, 32), 0x62a8ab43u);
    assert_int_equal(crc_update(CRC_64NVME, 0, block, sizeof block), 0xc0ddba7302eca3ac);
}

static void test_every_length_and_alignment(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++)
        for (size_t offset = 0; offset < 8; offset++)
            for (size_t len = 0; len <= 67; len++)
                assert_int_equal(crc_update(kinds[i].kind, 0, data + offset, len),
                                 model(i, data + offset, len));
}

static void test_nothing_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        assert_int_equal(crc_update(kinds[i].kind, 0, NULL, 0), 0);
        assert_int_equal(crc_update(kinds[i].kind, 7, NULL, 0), 7);
        assert_int_equal(crc_combine(kinds[i].kind, 7, 0, 0), 7);
        assert_int_equal(crc_combine(kinds[i].kind, 0, 7, 5), 7);
    }
}

/* Cut anywhere, the whole is what its pieces make, continued or combined. */
static void test_pieces(void **state)
{
    struct rng rng;
    (void)state;
    rng_seed(&rng, 2);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const enum crc_kind kind = kinds[i].kind;
        for (int round = 0; round < 500; round++) {
            const size_t len = rng_below(&rng, DATA_SIZE + 1);
            const size_t a = rng_below(&rng, len + 1), b = a + rng_below(&rng, len - a + 1);
            const uint64_t whole = crc_update(kind, 0, data, len);
            const uint64_t first = crc_update(kind, 0, data, a);
            const uint64_t second = crc_update(kind, 0, data + a, b - a);
            const uint64_t third = crc_update(kind, 0, data + b, len - b);
            uint64_t joined = crc_update(kind, first, data + a, b - a);
            assert_int_equal(joined, crc_combine(kind, first, second, b - a));
            joined = crc_update(kind, joined, data + b, len - b);
            assert_int_equal(joined, whole);
            /* From the left and from the right. */
            assert_int_equal(
                crc_combine(kind, crc_combine(kind, first, second, b - a), third, len - b), whole);
            assert_int_equal(
                crc_combine(kind, first, crc_combine(kind, second, third, len - b), len - a),
                whole);
        }
    }
}

/* Lengths beyond what can be computed: 2^40 bytes of zeros doubled from one. */
static void test_long_tails(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const enum crc_kind kind = kinds[i].kind;
        uint64_t zeros = crc_update(kind, 0, "", 1); /* the NUL */
        for (unsigned n = 0; n < 40; n++)
            zeros = crc_combine(kind, zeros, zeros, UINT64_C(1) << n);
        const uint64_t more = crc_combine(kind, zeros, crc_update(kind, 0, "abc", 3), 3);
        const uint64_t a = crc_update(kind, 0, data, DATA_SIZE);
        const uint64_t len = (UINT64_C(1) << 40) + 3;
        assert_int_equal(crc_combine(kind, crc_combine(kind, a, zeros, UINT64_C(1) << 40),
                                     crc_update(kind, 0, "abc", 3), 3),
                         crc_combine(kind, a, more, len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_values),
        cmocka_unit_test(test_every_length_and_alignment),
        cmocka_unit_test(test_nothing_changes_nothing),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_long_tails),
    };
    return cmocka_run_group_tests(tests, data_fill, NULL);
}
