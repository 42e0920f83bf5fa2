/* SPDX-License-Identifier: MIT */
/* cli - the parser; see cli.h. The help is in cli_help.c, the check of a table in cli_check.c. */
#include "lib/tool/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/units.h"

#define NAME_MAX_BYTES 64 /* of an option name that can be suggested */

/* An option of a table or of one that it includes, and where its value goes. */
struct found {
    const struct cli_option *option;
    size_t offset;
};

/* What a parse knows; `shown` is the option as the user wrote it, for errors. */
struct parse {
    const struct cli_option *options;
    char *values;
    int argc;
    char **argv;
    int at; /* the argument that is being looked at */
    char shown[NAME_MAX_BYTES + 8];
};

static bool has_name(const struct cli_option *o, const char *name, size_t len)
{
    return (o->name && strlen(o->name) == len && memcmp(o->name, name, len) == 0) ||
           (o->alias && strlen(o->alias) == len && memcmp(o->alias, name, len) == 0);
}

/* By short name where `short_name` is not 0, else by the `len` bytes of `name`. */
static bool find(const struct cli_option *o, size_t base, char short_name, const char *name,
                 size_t len, struct found *out)
{
    for (; o->type != CLI_TYPE_END; o++) {
        if (o->type == CLI_TYPE_GROUP)
            continue;
        if (o->type == CLI_TYPE_INCLUDE) {
            if (find(o->include, base + o->offset, short_name, name, len, out))
                return true;
        } else if (short_name ? o->short_name == short_name : has_name(o, name, len)) {
            *out = (struct found){o, base + o->offset};
            return true;
        }
    }
    return false;
}

/* Levenshtein's distance of two names, one row at a time. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[NAME_MAX_BYTES + 1];
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    if (a_len > NAME_MAX_BYTES || b_len > NAME_MAX_BYTES)
        return NAME_MAX_BYTES;
    for (unsigned j = 0; j <= b_len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

/* The table's name that is closest to `name`, if any is closer than *distance. */
static const char *closest(const struct cli_option *o, const char *name, unsigned *distance)
{
    const char *best = NULL;
    for (; o->type != CLI_TYPE_END; o++) {
        const char *candidate = o->name;
        unsigned d = NAME_MAX_BYTES;
        if (o->type == CLI_TYPE_INCLUDE) {
            const char *inner = closest(o->include, name, distance);
            best = inner ? inner : best;
        } else if (o->type != CLI_TYPE_GROUP) {
            /* Someone who cut a name short means it. */
            bool is_prefix = strlen(name) >= 3 && strncmp(candidate, name, strlen(name)) == 0;
            d = is_prefix ? 1 : edit_distance(name, candidate);
        }
        if (d < *distance) {
            *distance = d;
            best = candidate;
        }
    }
    return best;
}

static enum status unknown_option(const struct parse *p, const char *name, struct error *err)
{
    unsigned distance = (unsigned)(strlen(name) / 3 + 2);
    const char *near = strlen(name) <= NAME_MAX_BYTES ? closest(p->options, name, &distance) : NULL;
    if (near)
        return error_set(err, STATUS_INVALID, "%s: unknown option (did you mean --%s?)", p->shown,
                         near);
    return error_set(err, STATUS_INVALID, "%s: unknown option (--help lists them)", p->shown);
}

static enum status parse_size(const struct cli_option *o, const char *value, void *field,
                              struct error *err)
{
    uint64_t bytes;
    enum status status = size_parse(value, &bytes, err);
    if (status)
        return status;
    if (bytes < o->min || bytes > o->max)
        return error_set(err, STATUS_INVALID,
                         "\"%.64s\" is out of range (expected %" PRIu64 " to %" PRIu64 " bytes)",
                         value, o->min, o->max);
    memcpy(field, &bytes, sizeof bytes);
    return STATUS_OK;
}

static enum status parse_choice(const struct cli_option *o, const char *value, void *field,
                                struct error *err)
{
    char list[256] = "";
    size_t used = 0;
    for (int i = 0; o->choices[i]; i++) {
        if (strcmp(o->choices[i], value) == 0) {
            memcpy(field, &i, sizeof i);
            return STATUS_OK;
        }
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                     o->choices[i]);
    }
    return error_set(err, STATUS_INVALID, "\"%.64s\" is not one of %s", value, list);
}

/* Writes `value` (NULL for a flag) to the field of `found`. */
static enum status store(const struct parse *p, const struct found *found, const char *value,
                         struct error *err)
{
    const struct cli_option *o = found->option;
    void *field = p->values + found->offset;
    switch (o->type) {
    case CLI_TYPE_FLAG:
        *(bool *)field = true;
        return STATUS_OK;
    case CLI_TYPE_STRING:
        memcpy(field, &value, sizeof value);
        return STATUS_OK;
    case CLI_TYPE_UINT:
        return uint_parse(value, o->min, o->max, field, err);
    case CLI_TYPE_SIZE:
        return parse_size(o, value, field, err);
    case CLI_TYPE_DURATION:
        return duration_parse(value, field, err);
    case CLI_TYPE_CHOICE:
        return parse_choice(o, value, field, err);
    case CLI_TYPE_CALL:
        return o->call(field, value, err);
    default:
        return error_set(err, STATUS_INVALID, "not an option");
    }
}

/* Takes the value from where it is: after '=' or in the same argument (`attached`), or in the next
 * argument; then stores it. */
static enum status take_value(struct parse *p, const struct found *found, const char *attached,
                              struct error *err)
{
    const char *value = attached;
    if (!value) {
        if (p->at + 1 >= p->argc)
            return error_set(err, STATUS_INVALID, "%s: value missing (expected %s)", p->shown,
                             found->option->value_name);
        value = p->argv[++p->at];
    }
    enum status status = store(p, found, value, err);
    if (status)
        error_prefix(err, "%s", p->shown);
    return status;
}

static enum status parse_long(struct parse *p, const char *name, struct cli_result *result,
                              struct error *err)
{
    const size_t len = strcspn(name, "=");
    const char *attached = name[len] == '=' ? name + len + 1 : NULL;
    const int shown_len = len < NAME_MAX_BYTES ? (int)len : NAME_MAX_BYTES;
    snprintf(p->shown, sizeof p->shown, "--%.*s", shown_len, name);
    struct found found;
    if (!find(p->options, 0, 0, name, len, &found)) {
        result->given_help = strcmp(name, "help") == 0;
        result->given_version = strcmp(name, "version") == 0;
        if (result->given_help || result->given_version)
            return STATUS_OK;
        return unknown_option(p, p->shown + 2, err);
    }
    if (found.option->type != CLI_TYPE_FLAG)
        return take_value(p, &found, attached, err);
    if (attached)
        return error_set(err, STATUS_INVALID, "%s: takes no value", p->shown);
    return store(p, &found, NULL, err);
}

/* "-qv", "-j64", "-j 64" */
static enum status parse_short(struct parse *p, const char *letters, struct cli_result *result,
                               struct error *err)
{
    for (; *letters; letters++) {
        struct found found;
        snprintf(p->shown, sizeof p->shown, "-%c", *letters);
        if (!find(p->options, 0, *letters, NULL, 0, &found)) {
            result->given_help = *letters == 'h';
            if (result->given_help)
                return STATUS_OK;
            return error_set(err, STATUS_INVALID, "%s: unknown option (--help lists them)",
                             p->shown);
        }
        if (found.option->type != CLI_TYPE_FLAG)
            return take_value(p, &found, letters[1] ? letters + 1 : NULL, err);
        enum status status = store(p, &found, NULL, err);
        if (status)
            return status;
    }
    return STATUS_OK;
}

enum status cli_parse(const struct cli_option *options, void *values, int argc, char **argv,
                      struct cli_result *result, struct error *err)
{
    struct parse p = {.options = options, .values = values, .argc = argc, .argv = argv};
    struct cli_result r = {.rest = argc};
    for (; p.at < argc; p.at++) {
        char *argument = argv[p.at];
        enum status status = STATUS_OK;
        if (strcmp(argument, "--") == 0) {
            r.rest = p.at + 1;
            break;
        }
        if (strncmp(argument, "--", 2) == 0)
            status = parse_long(&p, argument + 2, &r, err);
        else if (argument[0] == '-' && argument[1] != '\0')
            status = parse_short(&p, argument + 1, &r, err);
        else
            argv[r.positional_count++] = argument;
        if (status)
            return status;
        if (r.given_help || r.given_version) /* whatever else is wrong */
            break;
    }
    *result = r;
    return STATUS_OK;
}
