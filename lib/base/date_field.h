/* SPDX-License-Identifier: MIT */
/* date_field - a field of a date format; shared by the files of date, private to lib/base. */
#ifndef KIT_BASE_DATE_FIELD_H
#define KIT_BASE_DATE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

struct date_field {
    char name;    /* of "YmdHjy%"; NUL when there is none that is known */
    size_t len;   /* bytes after the '%' */
    bool padded;  /* always of `width` digits */
    size_t width; /* digits at the most; 0 for "%%" */
};

/* The field that `p`, the text after a '%', names. */
struct date_field date_field_at(const char *p);

#endif
