/* SPDX-License-Identifier: MIT */
/* cli_check - what is wrong with an option table, for tests. */
#include "lib/tool/cli.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* How often a long or short name is taken in the table and in those that it includes. */
static unsigned count_name(const struct cli_option *o, const char *name, char short_name)
{
    unsigned count = 0;
    for (; o->type != CLI_TYPE_END; o++) {
        if (o->type == CLI_TYPE_INCLUDE)
            count += count_name(o->include, name, short_name);
        else if (o->type != CLI_TYPE_GROUP)
            count += (unsigned)same(o->name, name) + (unsigned)same(o->alias, name) +
                     (unsigned)(short_name && o->short_name == short_name);
    }
    return count;
}

static const char *problem_of(const struct cli_option *all, const struct cli_option *o)
{
    const size_t help_len = o->help ? strlen(o->help) : 0;
    const bool is_flag = o->type == CLI_TYPE_FLAG;
    const bool has_range = o->type == CLI_TYPE_UINT || o->type == CLI_TYPE_SIZE;
    if (count_name(all, o->name, 0) > 1 || (o->alias && count_name(all, o->alias, 0) > 1))
        return "its name is taken twice";
    if (same(o->name, "help") || same(o->name, "version"))
        return "its name is cli's own";
    if (o->short_name && count_name(all, NULL, o->short_name) > 1)
        return "its short name is taken twice";
    if (help_len == 0)
        return "has no help";
    if (o->help[help_len - 1] == '.')
        return "its help ends in a full stop";
    if (is_flag != !o->value_name)
        return is_flag ? "is a flag with a value name" : "has no value name";
    if (has_range && o->min > o->max)
        return "its minimum is above its maximum";
    if (o->type == CLI_TYPE_CHOICE && (!o->choices || !o->choices[0]))
        return "has no choices";
    if (o->type == CLI_TYPE_CALL && !o->call)
        return "has no function";
    return NULL;
}

static enum status check(const struct cli_option *all, const struct cli_option *o,
                         struct error *err)
{
    for (; o->type != CLI_TYPE_END; o++) {
        if (!(o->type == CLI_TYPE_INCLUDE ? o->include != NULL : o->name != NULL))
            return error_set(err, STATUS_INVALID, "an entry has neither name nor table");
        if (o->type == CLI_TYPE_GROUP)
            continue;
        if (o->type == CLI_TYPE_INCLUDE) {
            enum status status = check(all, o->include, err);
            if (status)
                return status;
            continue;
        }
        const char *problem = problem_of(all, o);
        if (problem)
            return error_set(err, STATUS_INVALID, "--%s: %s", o->name, problem);
    }
    return STATUS_OK;
}

enum status cli_table_check(const struct cli_option *options, struct error *err)
{
    return check(options, options, err);
}
