/* SPDX-License-Identifier: MIT */
/* result - outcomes of partitions. */
#include "compactor/result.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *partition_status_name(enum partition_status s)
{
    static const char *const names[] = {
        [PARTITION_PENDING] = "pending",     [PARTITION_EMPTY] = "empty",
        [PARTITION_COMPACTED] = "compacted", [PARTITION_UNCHANGED] = "unchanged",
        [PARTITION_PLANNED] = "planned",     [PARTITION_SKIPPED] = "skipped",
        [PARTITION_FAILED] = "failed",
    };
    return names[s];
}

struct result_output *result_add_output(struct partition_result *r, const char *key)
{
    struct result_output *grown = realloc(r->outputs, (r->output_count + 1) * sizeof *r->outputs);
    if (grown == NULL)
        return NULL;
    r->outputs = grown;
    char *copy = strdup(key);
    if (copy == NULL)
        return NULL;
    struct result_output *output = &grown[r->output_count++];
    *output = (struct result_output){.key = copy};
    return output;
}

void result_warn(struct partition_result *r, const char *format, ...)
{
    char **grown = realloc(r->warnings, (r->warning_count + 1) * sizeof *r->warnings);
    if (grown == NULL)
        return;
    r->warnings = grown;
    struct error text;
    va_list args;
    va_start(args, format);
    error_set_v(&text, STATUS_INVALID, format, args);
    va_end(args);
    char *copy = strdup(text.text);
    if (copy != NULL)
        r->warnings[r->warning_count++] = copy;
}

void result_skip(struct partition_result *r, const char *format, ...)
{
    struct error text;
    va_list args;
    va_start(args, format);
    error_set_v(&text, STATUS_INVALID, format, args);
    va_end(args);
    r->status = PARTITION_SKIPPED;
    free(r->reason);
    r->reason = strdup(text.text);
}

void result_warn_output(struct partition_result *r, const struct output_facts *facts,
                        uint64_t sources)
{
    if (facts->missing_newlines > 0 && sources > 1)
        result_warn(r,
                    "%" PRIu64 " of %" PRIu64 " sources do not end in a newline, so rows run "
                    "together in %s; --newline ensure adds what is missing",
                    facts->missing_newlines, sources, facts->key);
    if (facts->differing_types > 0)
        result_warn(
            r,
            "%" PRIu64
            " of the sources of %s %s another Content-Type or Content-Encoding than the first",
            facts->differing_types, facts->key, facts->differing_types == 1 ? "has" : "have");
    if (facts->copy_refusal[0] != '\0')
        result_warn(r,
                    "the server does not copy (%s), so the large sources of %s were read; --copy "
                    "never does that without asking",
                    facts->copy_refusal, facts->key);
    if (facts->encoding_dropped)
        result_warn(r, "Content-Encoding: gzip is not put on %s, which has several gzip members",
                    facts->key);
}

void result_fail(struct partition_result *r, const struct error *error)
{
    r->status = PARTITION_FAILED;
    free(r->error);
    r->error = strdup(error->text);
}

void result_release(struct partition_result *r)
{
    for (unsigned i = 0; i < r->output_count; i++)
        free(r->outputs[i].key);
    for (unsigned i = 0; i < r->warning_count; i++)
        free(r->warnings[i]);
    free(r->outputs);
    free(r->warnings);
    free(r->source_prefix);
    free(r->reason);
    free(r->error);
    *r = (struct partition_result){0};
}
