/* SPDX-License-Identifier: MIT */
/* codes - the table of codes.h as data. */
#include "bench/server/codes.h"

#include <stddef.h>
#include <string.h>

struct code_row {
    int http_status;
    const char *name;
    const char *message;
};

static const struct code_row rows[] = {[CODE_NONE] = {200, "", ""},
#define CODE_ROW(name, status, text, message) [CODE_##name] = {status, text, message},
                                       CODE_TABLE(CODE_ROW)
#undef CODE_ROW
};

int code_http_status(enum code code)
{
    return rows[code].http_status;
}

const char *code_name(enum code code)
{
    return rows[code].name;
}

const char *code_message(enum code code)
{
    return rows[code].message;
}

const char *code_message_of(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].message;
    return NULL;
}
