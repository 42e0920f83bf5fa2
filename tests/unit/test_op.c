/* SPDX-License-Identifier: MIT */
/* op - the table is complete. */
#include <string.h>

#include "lib/s3/op.h"
#include "tests/support/unit.h"

static void test_table_is_complete(void **state)
{
    (void)state;
    for (int op = 0; op < S3_OP_COUNT; op++) {
        assert_non_null(s3_op_name((enum s3_op)op));
        assert_non_null(s3_op_method((enum s3_op)op));
        assert_int_equal(strncmp(s3_op_iam_action((enum s3_op)op), "s3:", 3), 0);
        for (int other = 0; other < op; other++)
            assert_string_not_equal(s3_op_name((enum s3_op)op), s3_op_name((enum s3_op)other));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table_is_complete)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
