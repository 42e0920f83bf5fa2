/* SPDX-License-Identifier: MIT */
/* generation - the states of a partition's log. */
#include "compactor/safe/generation.h"

#include <stdlib.h>
#include <string.h>

#include "compactor/job.h"
#include "compactor/safe/layout.h"
#include "lib/base/units.h"

#define NUMBER_DIGITS 5
#define WHAT_MAX      128 /* bytes of a record's name; the longest known has 74 */

enum generation_state generation_state(const struct generation *g)
{
    const unsigned m = g->marks;
    if (!(m & MARK_MANIFEST))
        return GENERATION_BROKEN;
    if (m & MARK_ABANDONED)
        return m & (MARK_VERIFIED_HEAD | MARK_VERIFIED_READ | MARK_KEPT | MARK_DELETED)
                   ? GENERATION_BROKEN
                   : GENERATION_ABANDONED;
    if (m & MARK_DELETED)
        return GENERATION_DELETED;
    if (m & MARK_KEPT)
        return GENERATION_KEPT;
    if (m & MARK_VERIFIED_READ)
        return GENERATION_READ;
    return m & MARK_VERIFIED_HEAD ? GENERATION_CHECKED : GENERATION_OPEN;
}

const char *generation_state_name(enum generation_state s)
{
    static const char *const names[] = {
        [GENERATION_BROKEN] = "broken",       [GENERATION_OPEN] = "open",
        [GENERATION_CHECKED] = "checked",     [GENERATION_READ] = "read",
        [GENERATION_KEPT] = "kept",           [GENERATION_DELETED] = "deleted",
        [GENERATION_ABANDONED] = "abandoned",
    };
    return names[s];
}

bool generation_is_finished(const struct generation *g, const struct generation_goal *goal)
{
    const enum generation_state s = generation_state(g);
    return s == GENERATION_ABANDONED || s == GENERATION_DELETED ||
           (s == GENERATION_KEPT && !goal->deletes);
}

static bool was_verified(const struct generation *g)
{
    return g->marks & (MARK_VERIFIED_HEAD | MARK_VERIFIED_READ | MARK_KEPT);
}

/* The output stands. */
static enum generation_step after_output(const struct generation_view *v,
                                         const struct generation_goal *goal)
{
    const unsigned marks = v->generation.marks;
    const bool read = marks & MARK_VERIFIED_READ;
    if ((goal->deletes || goal->read_back) && !read)
        return STEP_VERIFY_READ;
    if (!read && !(marks & MARK_VERIFIED_HEAD))
        return STEP_VERIFY_HEAD;
    if (!goal->deletes)
        return STEP_MARK_KEPT;
    return v->swept ? STEP_MARK_DELETED : STEP_DELETE;
}

enum generation_step generation_next(const struct generation_view *v,
                                     const struct generation_goal *goal)
{
    if (generation_state(&v->generation) == GENERATION_BROKEN)
        return STEP_FAIL_BROKEN;
    if (generation_is_finished(&v->generation, goal))
        return STEP_NONE;
    switch (v->seen) {
    case SEEN_NOT_LOOKED:
        return STEP_LOOK;
    case SEEN_OUTPUT:
        return after_output(v, goal);
    case SEEN_TOMBSTONE:
        return was_verified(&v->generation) ? STEP_FAIL_BROKEN : STEP_MARK_ABANDONED;
    case SEEN_ABSENT:
        if (was_verified(&v->generation))
            return STEP_FAIL_MISSING;
        return v->source_lost ? STEP_ABANDON : STEP_BUILD;
    case SEEN_FOREIGN:
        break;
    }
    return STEP_FAIL_FOREIGN;
}

bool generation_holds_sources(enum generation_state s)
{
    return s != GENERATION_ABANDONED && s != GENERATION_BROKEN;
}

void generations_init(struct generations *g)
{
    *g = (struct generations){0};
}

void generations_release(struct generations *g)
{
    free(g->items);
    generations_init(g);
}

/* ---- reading names ---- */

static bool is_token(const char *text)
{
    uint8_t bytes[(TOKEN_HEX_SIZE - 1) / 2];
    return strlen(text) == TOKEN_HEX_SIZE - 1 && hex_decode(text, bytes, sizeof bytes) == 0;
}

/* The mark that a record's name stands for, or 0. */
static unsigned mark_of(const char *what, struct digest *digest)
{
    static const struct {
        const char *name;
        enum generation_mark mark;
    } fixed[] = {
        {RECORD_MANIFEST_NAME, MARK_MANIFEST},
        {RECORD_VERIFIED_HEAD_NAME, MARK_VERIFIED_HEAD},
        {RECORD_VERIFIED_READ_NAME, MARK_VERIFIED_READ},
        {RECORD_DELETED_NAME, MARK_DELETED},
        {RECORD_ABANDONED_NAME, MARK_ABANDONED},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strcmp(what, fixed[i].name) == 0)
            return fixed[i].mark;
    if (strncmp(what, RECORD_SUM_PREFIX, strlen(RECORD_SUM_PREFIX)) == 0)
        return is_token(what + strlen(RECORD_SUM_PREFIX)) ? MARK_SUM : 0;
    if (strncmp(what, RECORD_KEPT_PREFIX, strlen(RECORD_KEPT_PREFIX)) == 0)
        return digest_parse(what + strlen(RECORD_KEPT_PREFIX), digest) ? MARK_KEPT : 0;
    return 0;
}

struct record_name {
    unsigned number;
    unsigned mark;
    struct digest digest;
};

/* "g00001.<what>.state" */
static bool parse_name(const char *name, struct record_name *out)
{
    char digits[NUMBER_DIGITS + 1];
    char what[WHAT_MAX];
    uint64_t number = 0;
    const size_t len = strlen(name);
    const size_t tail = strlen(LAYOUT_STATE);
    const size_t head = 1 + NUMBER_DIGITS + 1; /* "g00001." */
    if (len < head + tail || len - head - tail >= sizeof what || name[0] != 'g' ||
        name[head - 1] != '.' || strcmp(name + len - tail, LAYOUT_STATE) != 0)
        return false;
    memcpy(digits, name + 1, NUMBER_DIGITS);
    digits[NUMBER_DIGITS] = '\0';
    if (strspn(digits, "0123456789") != NUMBER_DIGITS ||
        uint_parse(digits, 1, LAYOUT_GENERATIONS, &number, NULL) != STATUS_OK)
        return false;
    memcpy(what, name + head, len - head - tail);
    what[len - head - tail] = '\0';
    out->number = (unsigned)number;
    out->mark = mark_of(what, &out->digest);
    return out->mark != 0;
}

static enum status reserve(struct generations *g, struct error *err)
{
    if (g->count < g->room)
        return STATUS_OK;
    const unsigned room = g->room == 0 ? 8 : 2 * g->room;
    struct generation *grown = realloc(g->items, room * sizeof *grown);
    if (grown == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the log of a partition");
    g->items = grown;
    g->room = room;
    return STATUS_OK;
}

enum status generations_add(struct generations *g, const char *name, uint64_t size,
                            struct error *err)
{
    struct record_name r;
    if (!parse_name(name, &r))
        return error_set(err, STATUS_PROTOCOL,
                         "\"%.200s\" in the log is no record that this version knows; was it "
                         "written by a newer s3-compact?",
                         name);
    if (r.number > g->count + 1 || r.number < g->count)
        return error_set(err, STATUS_PROTOCOL,
                         "the log goes from generation %u to %u; records were deleted or added by "
                         "hand",
                         g->count, r.number);
    if (r.number == g->count + 1) {
        enum status status = reserve(g, err);
        if (status != STATUS_OK)
            return status;
        g->items[g->count++] = (struct generation){.number = r.number};
    }
    struct generation *item = &g->items[r.number - 1];
    item->marks |= r.mark;
    if (r.mark == MARK_MANIFEST)
        item->manifest_size = size;
    if (r.mark == MARK_KEPT)
        item->digest = r.digest;
    return STATUS_OK;
}

enum status generations_append(struct generations *g, const struct generation *item,
                               struct error *err)
{
    enum status status = reserve(g, err);
    if (status == STATUS_OK)
        g->items[g->count++] = *item;
    return status;
}

enum status generations_check(const struct generations *g, struct error *err)
{
    for (unsigned i = 0; i < g->count; i++) {
        const struct generation *item = &g->items[i];
        if (generation_state(item) != GENERATION_BROKEN)
            continue;
        if (!(item->marks & MARK_MANIFEST))
            return error_set(err, STATUS_PROTOCOL,
                             "generation %u has records but no manifest; was it deleted by hand?",
                             item->number);
        return error_set(err, STATUS_PROTOCOL,
                         "generation %u is marked abandoned and also as having an output; was its "
                         "output or tombstone deleted by hand?",
                         item->number);
    }
    return STATUS_OK;
}

struct digest generations_digest(const struct generations *g)
{
    struct digest sum = {0};
    for (unsigned i = 0; i < g->count; i++)
        if (generation_state(&g->items[i]) == GENERATION_KEPT)
            digest_sum(&sum, &g->items[i].digest);
    return sum;
}
