/* SPDX-License-Identifier: MIT */
/* cell - the cells of a plan, from the two lists of the command line. */
#include "bench/cell.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/units.h"

#define WORD_MAX 16

static const char *const mode_names[] = {
    [CELL_SEQUENTIAL] = "sequential",
    [CELL_OBJECTS] = "objects",
    [CELL_PARTITIONS] = "partitions",
};
static const char *const role_names[] = {
    [CELL_BASE] = "base",
    [CELL_CONTROL] = "control",
    [CELL_GRID] = "grid",
};

const char *cell_mode_name(enum cell_mode mode)
{
    return mode_names[mode];
}

const char *cell_role_name(enum cell_role role)
{
    return role_names[role];
}

bool cell_mode_find(const char *name, enum cell_mode *out)
{
    for (int i = CELL_SEQUENTIAL; i <= CELL_PARTITIONS; i++) {
        if (strcmp(name, mode_names[i]) == 0) {
            *out = (enum cell_mode)i;
            return true;
        }
    }
    return false;
}

bool cell_role_find(const char *name, enum cell_role *out)
{
    for (int i = CELL_BASE; i <= CELL_GRID; i++) {
        if (strcmp(name, role_names[i]) == 0) {
            *out = (enum cell_role)i;
            return true;
        }
    }
    return false;
}

/* Takes the next word of a comma-separated list; false at its end. An empty or overlong word comes
 * out as "", which no list accepts. */
static bool next_word(const char **list, char word[WORD_MAX])
{
    if (*list == NULL)
        return false;
    const char *comma = strchr(*list, ',');
    const size_t len = comma == NULL ? strlen(*list) : (size_t)(comma - *list);
    word[0] = '\0';
    if (len < WORD_MAX) {
        memcpy(word, *list, len);
        word[len] = '\0';
    }
    *list = comma == NULL ? NULL : comma + 1;
    return true;
}

static enum status parse_widths(const char *list, unsigned *widths, size_t *count,
                                struct error *err)
{
    char word[WORD_MAX];
    size_t n = 0;
    for (const char *rest = list; next_word(&rest, word);) {
        uint64_t width;
        if (uint_parse(word, 1, CELL_WIDTH_MAX, &width, NULL) != STATUS_OK)
            return error_set(err, STATUS_INVALID,
                             "--concurrency: \"%s\" is not a list of numbers from 1 to %d, "
                             "such as 1,4,16,64",
                             list, CELL_WIDTH_MAX);
        if (n == CELL_CONCURRENCY)
            return error_set(err, STATUS_INVALID, "--concurrency: at most %d numbers",
                             CELL_CONCURRENCY);
        widths[n++] = (unsigned)width;
    }
    *count = n;
    return STATUS_OK;
}

static enum status parse_fan_outs(const char *list, bool wanted[CELL_PARTITIONS + 1],
                                  struct error *err)
{
    char word[WORD_MAX];
    for (const char *rest = list; next_word(&rest, word);) {
        enum cell_mode mode;
        if (!cell_mode_find(word, &mode) || mode == CELL_SEQUENTIAL)
            return error_set(err, STATUS_INVALID,
                             "--fan-out: \"%s\" is not objects, partitions or both with a comma",
                             list);
        wanted[mode] = true;
    }
    return STATUS_OK;
}

static void add_cell(struct cell_plan *plan, enum cell_mode mode, enum cell_role role,
                     unsigned concurrency)
{
    for (size_t i = 0; role == CELL_GRID && i < plan->count; i++) {
        if (plan->cells[i].mode == mode && plan->cells[i].concurrency == concurrency)
            return;
    }
    struct cell *cell = &plan->cells[plan->count++];
    *cell = (struct cell){.mode = mode, .role = role, .concurrency = concurrency};
    if (role == CELL_GRID)
        snprintf(cell->name, sizeof cell->name, "%s-%u", mode_names[mode], concurrency);
    else
        snprintf(cell->name, sizeof cell->name, "%s",
                 role == CELL_BASE ? "sequential" : "sequential-again");
}

/* The widest cell of the first fan-out that was asked for: objects before partitions. */
static size_t find_headline(const struct cell_plan *plan, enum cell_mode mode)
{
    size_t best = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct cell *cell = &plan->cells[i];
        if (cell->mode == mode &&
            cell->concurrency > (best == 0 ? 0 : plan->cells[best].concurrency))
            best = i;
    }
    return best;
}

enum status cell_plan_init(struct cell_plan *out, const char *concurrency, const char *fan_out,
                           struct error *err)
{
    unsigned widths[CELL_CONCURRENCY];
    size_t width_count = 0;
    bool wanted[CELL_PARTITIONS + 1] = {false};
    enum status status = parse_widths(concurrency, widths, &width_count, err);
    if (status == STATUS_OK)
        status = parse_fan_outs(fan_out, wanted, err);
    if (status != STATUS_OK)
        return status;
    struct cell_plan plan = {0};
    add_cell(&plan, CELL_SEQUENTIAL, CELL_BASE, 1);
    add_cell(&plan, CELL_SEQUENTIAL, CELL_CONTROL, 1);
    for (int mode = CELL_OBJECTS; mode <= CELL_PARTITIONS; mode++) {
        for (size_t i = 0; wanted[mode] && i < width_count; i++) {
            if (mode == CELL_PARTITIONS && widths[i] > CELL_PARTITIONS_MAX)
                return error_set(err, STATUS_INVALID,
                                 "--concurrency: --fan-out partitions takes numbers up to %d",
                                 CELL_PARTITIONS_MAX);
            add_cell(&plan, (enum cell_mode)mode, CELL_GRID, widths[i]);
        }
    }
    add_cell(&plan, CELL_PARTITIONS, CELL_GRID, CELL_DESIGN_WIDTH);
    plan.headline = find_headline(&plan, wanted[CELL_OBJECTS] ? CELL_OBJECTS : CELL_PARTITIONS);
    *out = plan;
    return STATUS_OK;
}
