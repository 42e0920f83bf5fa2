/* SPDX-License-Identifier: MIT */
/* census - groups and records of a listing. */
#include "compactor/census.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compactor/newline.h"
#include "lib/s3/multipart.h"

void census_init(struct census *c, const struct census_options *options)
{
    *c = (struct census){.options = *options, .newest_unix_s = INT64_MIN};
}

static bool is_archived(const char *storage_class)
{
    return strcmp(storage_class, "GLACIER") == 0 || strcmp(storage_class, "DEEP_ARCHIVE") == 0;
}

enum census_kind census_kind(const struct census *c, const struct s3_list_entry *listed)
{
    if (listed->is_common_prefix)
        return CENSUS_NOTHING;
    if (listed->size == 0 && listed->key_len > 0 && listed->key[listed->key_len - 1] == '/')
        return CENSUS_NOTHING;
    if (c->options.max_source_bytes != 0 && listed->size > c->options.max_source_bytes)
        return CENSUS_LARGE;
    return is_archived(listed->storage_class) ? CENSUS_ARCHIVED : CENSUS_SOURCE;
}

static enum status find_group(struct census *c, const char *key, unsigned *index, struct error *err)
{
    /* The sample's rule looks at the first key alone and never splits. */
    if (c->options.rule == SUFFIX_FIRST && c->count > 0) {
        *index = 0;
        return STATUS_OK;
    }
    char suffix[NAMING_SUFFIX_MAX + 1];
    enum status status = naming_suffix(c->options.rule, key, suffix, err);
    if (status != STATUS_OK)
        return status;
    for (unsigned i = 0; i < c->count; i++)
        if (strcmp(c->groups[i].suffix, suffix) == 0) {
            *index = i;
            return STATUS_OK;
        }
    if (c->count == GROUPS_MAX)
        return error_set(err, STATUS_LIMIT,
                         "the sources have more than %d different suffixes (\"%s\" is one more); "
                         "--suffix first joins them into one output",
                         GROUPS_MAX, suffix);
    struct group *g = &c->groups[c->count];
    *g =
        (struct group){.record = {.newest_unix_s = INT64_MIN,
                                  .newline_ensured = c->options.shape->newline_ensure,
                                  .csv_header_once = c->options.shape->csv_header_once,
                                  .gzip_recompressed = shape_recompresses(c->options.shape, suffix),
                                  .max_source_bytes = c->options.max_source_bytes}};
    memcpy(g->suffix, suffix, sizeof suffix);
    struct transform_options transform;
    const bool changes = shape_transforms(c->options.shape, suffix, &transform);
    plan_init(&g->plan, changes ? PLAN_LAND : PLAN_READ);
    plan_init(&g->copying, changes ? PLAN_LAND : PLAN_COPY);
    *index = c->count++;
    return STATUS_OK;
}

/* Part memory is planned for gzip sources that are at least as long as gzip can be. */
static enum status check_gzip_size(const struct census *c, const struct s3_list_entry *listed,
                                   const char *suffix, struct error *err)
{
    if (shape_newline(c->options.shape, suffix) != NEWLINE_GZIP ||
        shape_recompresses(c->options.shape, suffix) || listed->size == 0 ||
        listed->size >= NEWLINE_GZIP_MIN)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID,
                     "\"%s\" has %" PRIu64 " bytes and is no gzip, which --newline ensure would "
                     "have to read; leave the option out or remove the source",
                     listed->key, listed->size);
}

enum status census_entry(struct census *c, const struct s3_list_entry *listed, unsigned source,
                         struct entry *out, struct error *err)
{
    const size_t etag_len = strlen(listed->etag);
    if (etag_len >= sizeof out->etag || listed->key_len > S3_KEY_MAX)
        return error_set(err, STATUS_LIMIT, "the listing of \"%s\" exceeds S3's limits",
                         listed->key);
    unsigned index = 0;
    enum status status = find_group(c, listed->key, &index, err);
    if (status == STATUS_OK)
        status = check_gzip_size(c, listed, c->groups[index].suffix, err);
    if (status != STATUS_OK)
        return status;
    memcpy(out->key, listed->key, listed->key_len + 1);
    memcpy(out->etag, listed->etag, etag_len + 1);
    out->size = listed->size;
    out->last_modified_unix_s = listed->last_modified_unix_s;
    out->group = index;
    out->source = source;
    return STATUS_OK;
}

static void note_age(struct census *c, int64_t last_modified_unix_s)
{
    if (last_modified_unix_s > c->newest_unix_s)
        c->newest_unix_s = last_modified_unix_s;
}

static void leave_out(struct left_out *left, uint64_t size)
{
    left->objects++;
    left->bytes += size;
}

enum status census_leave_out(struct census *c, enum census_kind kind,
                             const struct s3_list_entry *listed, unsigned source, struct error *err)
{
    struct entry entry;
    note_age(c, listed->last_modified_unix_s);
    if (kind == CENSUS_LARGE) {
        leave_out(&c->large, listed->size);
        return STATUS_OK;
    }
    enum status status = census_entry(c, listed, source, &entry, err);
    if (status != STATUS_OK)
        return status;
    struct group *g = &c->groups[entry.group];
    if (c->archived.objects == 0) {
        memcpy(c->archived_key, entry.key, sizeof c->archived_key);
        snprintf(c->archived_class, sizeof c->archived_class, "%s", listed->storage_class);
    }
    leave_out(&c->archived, listed->size);
    leave_out(&g->archived, listed->size);
    digest_add_nth(&g->archived_digest, c->options.hash, source, entry.key, entry.size, entry.etag);
    return STATUS_OK;
}

bool group_copies(const struct group *g, const struct shape *shape)
{
    return shape_keeps(shape, g->suffix) && g->copying.copies > 0 &&
           g->copying.parts <= S3_PARTS_MAX && g->record.bytes > plan_part_ceiling(1);
}

static void add_copying(struct group *g, const struct entry *entry)
{
    struct plan_piece piece;
    plan_source(&g->copying, entry->size);
    while (plan_next(&g->copying, &piece)) {
        if (!piece.copied || g->copying.copies > 1)
            continue;
        g->first_copy = (struct first_copy){.source = entry->source, .piece = piece};
        memcpy(g->first_copy.key, entry->key, sizeof g->first_copy.key);
        memcpy(g->first_copy.etag, entry->etag, sizeof g->first_copy.etag);
    }
}

enum status census_add(struct census *c, const struct entry *entry, struct error *err)
{
    struct group *g = &c->groups[entry->group];
    struct plan_piece piece;
    plan_source(&g->plan, entry->size);
    while (plan_next(&g->plan, &piece))
        if (piece.part > S3_PARTS_MAX && g->plan.way == PLAN_READ)
            return error_set(err, STATUS_LIMIT,
                             "the output would exceed %d parts (about 382 GiB); use "
                             "--target-size, or a finer --date-format, to make smaller ones",
                             S3_PARTS_MAX);
    add_copying(g, entry);
    g->nonempty += entry->size > 0;
    g->record.sources++;
    g->record.bytes += entry->size;
    if (entry->last_modified_unix_s > g->record.newest_unix_s)
        g->record.newest_unix_s = entry->last_modified_unix_s;
    digest_add_nth(&g->record.digest, c->options.hash, entry->source, entry->key, entry->size,
                   entry->etag);
    note_age(c, entry->last_modified_unix_s);
    c->sources++;
    c->bytes += entry->size;
    return STATUS_OK;
}

void census_price(struct census *c, const struct entry *entry, const char *storage_class)
{
    if (c->options.prices != NULL)
        cost_stock_add(&c->groups[entry->group].stock, c->options.prices, storage_class,
                       entry->size);
}

void census_add_subset(struct census *c, const struct entry *entry)
{
    struct group *g = &c->groups[entry->group];
    if (entry->last_modified_unix_s <= g->subset_newest_unix_s)
        digest_add_nth(&g->subset, c->options.hash, entry->source, entry->key, entry->size,
                       entry->etag);
}
