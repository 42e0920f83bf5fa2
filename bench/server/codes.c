/* SPDX-License-Identifier: MIT */
/* codes - the table of codes.h as data. */
#include "bench/server/codes.h"

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
