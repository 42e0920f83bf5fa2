/* SPDX-License-Identifier: MIT */
/* format - magic bytes. */
#include "compactor/format.h"

#include <stdbool.h>
#include <string.h>

/* Text may begin with the letters of a magic number ("ORCHARD;..."); what follows those in a
 * container is binary. */
static bool has_binary(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len && i < FORMAT_LOOK_MAX; i++)
        if (data[i] < ' ' && data[i] != '\t' && data[i] != '\n' && data[i] != '\r')
            return true;
    return false;
}

static bool begins_with(const uint8_t *data, size_t len, const char *magic)
{
    const size_t magic_len = strlen(magic);
    return len >= magic_len && memcmp(data, magic, magic_len) == 0;
}

const char *format_container(const uint8_t *data, size_t len)
{
    if (begins_with(data, len, "Obj\x01"))
        return "Avro";
    if (!has_binary(data, len))
        return NULL;
    if (begins_with(data, len, "PAR1") || begins_with(data, len, "PARE"))
        return "Parquet";
    return begins_with(data, len, "ORC") ? "ORC" : NULL;
}

enum status format_refuse(const uint8_t *data, size_t len, struct error *err)
{
    const char *container = format_container(data, len);
    if (container == NULL)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID,
                     "is %s: such files cannot be joined byte for byte, use a tool that rewrites "
                     "them",
                     container);
}
