/* SPDX-License-Identifier: MIT */
/*
 * cli - one option table per verb is the parser, the help and (later) man page and completion.
 *
 *     static const struct cli_option options[] = {
 *         CLI_GROUP("What to compact"),
 *         CLI_UINT(0, "days", "N", offsetof(struct job, days), 0, 36500, "the N days before today (default 30)"),
 *         CLI_INCLUDE(connect_options, offsetof(struct job, connect)),
 *         CLI_END,
 *     };
 *
 * Values are written at an offset into the caller's struct, which holds the defaults beforehand.
 * Long options take "--name value" and "--name=value", unambiguous prefixes are NOT accepted (a
 * script must not break when an option is added). "--" ends options. Repeating an option: the last
 * one wins. Nothing here prints or exits.
 */
#ifndef KIT_TOOL_CLI_H
#define KIT_TOOL_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

enum cli_type {
    CLI_TYPE_END,
    CLI_TYPE_GROUP,    /* a heading in the help */
    CLI_TYPE_INCLUDE,  /* another table, its offsets moved by `offset` */
    CLI_TYPE_FLAG,     /* bool: true when given */
    CLI_TYPE_STRING,   /* const char *: points into argv */
    CLI_TYPE_UINT,     /* uint64_t within [min, max] */
    CLI_TYPE_SIZE,     /* uint64_t bytes, units.h, within [min, max] */
    CLI_TYPE_DURATION, /* int64_t milliseconds, units.h */
    CLI_TYPE_CHOICE,   /* int: index of the value in `choices` */
    CLI_TYPE_CALL,     /* `call` parses the value into the struct */
};

struct cli_option;
typedef enum status cli_call_fn(void *field, const char *value, struct error *err);

struct cli_option {
    enum cli_type type;
    char short_name;        /* 0 for none */
    const char *name;       /* without dashes; heading of a group */
    const char *alias;      /* another long name that is accepted, or NULL */
    const char *value_name; /* "N", "SIZE", "FILE"; NULL for a flag */
    size_t offset;
    uint64_t min, max;
    const char *const *choices; /* NULL-terminated */
    cli_call_fn *call;
    const struct cli_option *include;
    const char *help; /* one sentence without a full stop, defaults in brackets at its end */
};

#define CLI_END                                                                                    \
    {                                                                                              \
        .type = CLI_TYPE_END                                                                       \
    }
#define CLI_GROUP(title)                                                                           \
    {                                                                                              \
        .type = CLI_TYPE_GROUP, .name = (title)                                                    \
    }
#define CLI_INCLUDE(table, at)                                                                     \
    {                                                                                              \
        .type = CLI_TYPE_INCLUDE, .include = (table), .offset = (at)                               \
    }
#define CLI_FLAG(s, n, at, h)                                                                      \
    {                                                                                              \
        .type = CLI_TYPE_FLAG, .short_name = (s), .name = (n), .offset = (at), .help = (h)         \
    }
#define CLI_STRING(s, n, v, at, h)                                                                 \
    {                                                                                              \
        .type = CLI_TYPE_STRING, .short_name = (s), .name = (n), .value_name = (v),                \
        .offset = (at), .help = (h)                                                                \
    }
#define CLI_UINT(s, n, v, at, lo, hi, h)                                                           \
    {                                                                                              \
        .type = CLI_TYPE_UINT, .short_name = (s), .name = (n), .value_name = (v), .offset = (at),  \
        .min = (lo), .max = (hi), .help = (h)                                                      \
    }
#define CLI_SIZE(s, n, v, at, lo, hi, h)                                                           \
    {                                                                                              \
        .type = CLI_TYPE_SIZE, .short_name = (s), .name = (n), .value_name = (v), .offset = (at),  \
        .min = (lo), .max = (hi), .help = (h)                                                      \
    }
#define CLI_DURATION(s, n, v, at, h)                                                               \
    {                                                                                              \
        .type = CLI_TYPE_DURATION, .short_name = (s), .name = (n), .value_name = (v),              \
        .offset = (at), .help = (h)                                                                \
    }
#define CLI_CHOICE(s, n, v, at, c, h)                                                              \
    {                                                                                              \
        .type = CLI_TYPE_CHOICE, .short_name = (s), .name = (n), .value_name = (v),                \
        .offset = (at), .choices = (c), .help = (h)                                                \
    }
#define CLI_CALL(s, n, v, at, fn, h)                                                               \
    {                                                                                              \
        .type = CLI_TYPE_CALL, .short_name = (s), .name = (n), .value_name = (v), .offset = (at),  \
        .call = (fn), .help = (h)                                                                  \
    }

struct cli_verb {
    const char *name;     /* NULL for a program without verbs */
    const char *synopsis; /* "SRC DST [options]" */
    const char *summary;  /* one line for the list of verbs */
    const char *details;  /* paragraphs after the options, or NULL: examples, exit status */
    const struct cli_option *options;
};

/*
 * Parses argv[0..argc) (without program and verb names) into `values`. Positional arguments are
 * moved to the front of argv, their number goes to `positional_count`. With `stop_at_dashdash`,
 * everything after "--" is left after them untouched (for `-- CMD`), starting at *rest (argc when
 * there was none). STATUS_INVALID: one specific line naming the option, the value and what is
 * expected; an unknown option names the closest known one.
 */
struct cli_result {
    int positional_count;
    int rest; /* index of the first argument after "--", or argc */
    bool given_help;
    bool given_version;
};
enum status cli_parse(const struct cli_option *options, void *values, int argc, char **argv,
                      struct cli_result *result, struct error *err) MUST_USE;

/* The help text of a verb, 80 columns. --help and --version are added by cli to every table. */
void cli_help(const char *program, const struct cli_verb *verb, struct buf *out);
/* The list of verbs (for a program that has them); `verbs` ends with a NULL name. */
void cli_help_verbs(const char *program, const char *intro, const struct cli_verb *verbs,
                    struct buf *out);

/* For tests: duplicate names, missing help, a help line that ends in a full stop, min > max. */
enum status cli_table_check(const struct cli_option *options, struct error *err) MUST_USE;

#endif
