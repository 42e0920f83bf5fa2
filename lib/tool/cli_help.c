/* SPDX-License-Identifier: MIT */
/* cli_help - help texts from option tables: 80 columns, options left, what they do right. */
#include "lib/tool/cli.h"

#include <string.h>

#define COLUMNS  80
#define LEFT_MAX 26 /* a longer left side gets a line of its own */

static void pad(struct buf *out, size_t count)
{
    buf_printf(out, "%*s", (int)count, "");
}

/* The length of the longest beginning of `text` that fits into `room` and ends at a blank. */
static size_t line_length(const char *text, size_t room)
{
    size_t best = 0;
    for (size_t at = 0; text[at] != '\0' && text[at] != '\n';) {
        size_t end = at + strcspn(text + at, " \n");
        if (end > room && best > 0)
            break;
        best = end;
        at = text[end] == ' ' ? end + 1 : end;
    }
    return best;
}

/* `text` (to its end or first newline), broken at blanks; the first line starts at the current
 * position, which must be column `indent`, the others are indented to it. Returns what is left. */
static const char *wrap(struct buf *out, size_t indent, const char *text)
{
    for (;;) {
        size_t len = line_length(text, COLUMNS - indent);
        buf_append(out, text, len);
        buf_append_char(out, '\n');
        text += len;
        if (*text != ' ')
            break;
        text++;
        pad(out, indent);
    }
    return *text == '\n' ? text + 1 : text;
}

/* Paragraphs; lines that begin with a blank are examples and stay as they are. */
static void wrap_paragraphs(struct buf *out, const char *text)
{
    while (*text) {
        if (*text == ' ') {
            size_t len = strcspn(text, "\n");
            buf_append(out, text, len);
            buf_append_char(out, '\n');
            text += len + (text[len] == '\n');
        } else {
            text = wrap(out, 0, text);
        }
    }
}

static void append_left(struct buf *out, const struct cli_option *o)
{
    if (o->short_name)
        buf_printf(out, "  -%c, ", o->short_name);
    else
        buf_append_str(out, "      ");
    buf_printf(out, "--%s", o->name);
    if (o->value_name)
        buf_printf(out, " %s", o->value_name);
}

/* `left` was appended since `start`; the help follows at column `column`. */
static void append_right(struct buf *out, size_t start, size_t column, const char *help)
{
    size_t width = out->len - start;
    if (width + 2 > column) {
        buf_append_char(out, '\n');
        width = 0;
    }
    pad(out, column - width);
    wrap(out, column, help);
}

static size_t left_width(const struct cli_option *o)
{
    return 6 + 2 + strlen(o->name) + (o->value_name ? 1 + strlen(o->value_name) : 0);
}

/* Where the right column begins: after the longest left side that is not too long. */
static size_t help_column(const struct cli_option *o)
{
    size_t column = left_width(&(struct cli_option){.name = "version"}) + 2;
    for (; o->type != CLI_TYPE_END; o++) {
        size_t wanted = 0;
        if (o->type == CLI_TYPE_INCLUDE)
            wanted = help_column(o->include);
        else if (o->type != CLI_TYPE_GROUP && left_width(o) <= LEFT_MAX)
            wanted = left_width(o) + 2;
        if (wanted > column)
            column = wanted;
    }
    return column;
}

static void append_options(struct buf *out, const struct cli_option *o, size_t column)
{
    for (; o->type != CLI_TYPE_END; o++) {
        if (o->type == CLI_TYPE_GROUP) {
            buf_printf(out, "\n%s:\n", o->name);
        } else if (o->type == CLI_TYPE_INCLUDE) {
            append_options(out, o->include, column);
        } else {
            size_t start = out->len;
            append_left(out, o);
            append_right(out, start, column, o->help);
        }
    }
}

void cli_help(const char *program, const struct cli_verb *verb, struct buf *out)
{
    static const struct cli_option common[] = {
        CLI_GROUP("Help"),
        CLI_FLAG('h', "help", 0, "print this text and exit"),
        CLI_FLAG(0, "version", 0, "print the version and exit"),
        CLI_END,
    };
    buf_printf(out, "usage: %s%s%s %s\n\n", program, verb->name ? " " : "",
               verb->name ? verb->name : "", verb->synopsis);
    wrap_paragraphs(out, verb->summary);
    size_t column = help_column(verb->options);
    append_options(out, verb->options, column);
    append_options(out, common, column);
    if (verb->details) {
        buf_append_char(out, '\n');
        wrap_paragraphs(out, verb->details);
    }
}

void cli_help_verbs(const char *program, const char *intro, const struct cli_verb *verbs,
                    struct buf *out)
{
    buf_printf(out, "usage: %s VERB [options]\n\n", program);
    wrap_paragraphs(out, intro);
    buf_append_str(out, "\nVerbs:\n");
    size_t column = 0;
    for (const struct cli_verb *v = verbs; v->name; v++) {
        if (strlen(v->name) + 4 > column)
            column = strlen(v->name) + 4;
    }
    for (const struct cli_verb *v = verbs; v->name; v++) {
        size_t start = out->len;
        buf_printf(out, "  %s", v->name);
        append_right(out, start, column, v->summary);
    }
    buf_printf(out, "\n\"%s VERB --help\" says more about one of them.\n", program);
}
