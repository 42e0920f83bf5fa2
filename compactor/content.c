/* SPDX-License-Identifier: MIT */
/* content - content headers of an output. */
#include "compactor/content.h"

#include <string.h>
#include <strings.h>

void content_init(struct content *c)
{
    *c = (struct content){.first = -1};
}

static void copy_text(char out[S3_CONTENT_MAX], const char *text)
{
    size_t len = strlen(text);
    if (len >= S3_CONTENT_MAX)
        len = S3_CONTENT_MAX - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

static int find_kind(const struct content *c, const char *type, const char *encoding)
{
    for (unsigned i = 0; i < c->kind_count; i++)
        if (strcmp(c->kinds[i].type, type) == 0 && strcmp(c->kinds[i].encoding, encoding) == 0)
            return (int)i;
    return -1;
}

void content_note(struct content *c, const char *type, const char *encoding, bool is_first)
{
    int kind = find_kind(c, type, encoding);
    if (kind < 0 && (c->kind_count < CONTENT_KINDS_MAX - 1 ||
                     (is_first && c->kind_count < CONTENT_KINDS_MAX))) {
        /* The last place is kept for the first source's kind, however late it comes. */
        kind = (int)c->kind_count++;
        copy_text(c->kinds[kind].type, type);
        copy_text(c->kinds[kind].encoding, encoding);
    }
    if (kind < 0)
        c->uncounted++;
    else
        c->kinds[kind].sources++;
    if (is_first)
        c->first = kind;
}

bool content_known(const struct content *c)
{
    return c->first >= 0;
}

const char *content_type(const struct content *c)
{
    return c->first < 0 ? "" : c->kinds[c->first].type;
}

const char *content_encoding(const struct content *c, uint64_t sources, bool *dropped)
{
    *dropped = false;
    if (c->first < 0)
        return "";
    const char *encoding = c->kinds[c->first].encoding;
    if (sources > 1 && strcasecmp(encoding, "gzip") == 0) {
        *dropped = true;
        return "";
    }
    return encoding;
}

uint64_t content_differing(const struct content *c)
{
    uint64_t n = c->uncounted;
    for (unsigned i = 0; i < c->kind_count; i++)
        if ((int)i != c->first)
            n += c->kinds[i].sources;
    return n;
}
