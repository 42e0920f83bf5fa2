/* SPDX-License-Identifier: MIT */
/*
 * fuzz_xml_body - the XML documents that requests bring. The first byte chooses whose body it is, the
 * rest is the body.
 */
#include "tests/fuzz/server_glue.h"

static const struct {
    const char *method, *target;
} operations[] = {
    {"POST", "/bucket?delete"},
    {"POST", "/bucket/key?uploadId=00000000000000000000000000000000"},
    {"PUT", "/bucket?versioning"},
    {"PUT", "/bucket/key?tagging"},
    {"PUT", "/another-bucket"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const size_t which = data[0] % (sizeof operations / sizeof *operations);
    const struct glue_request asked = {.method = operations[which].method,
                                       .target = operations[which].target,
                                       .body = data + 1,
                                       .body_len = size - 1};
    glue_ask(glue_server(), &asked);
    return 0;
}
