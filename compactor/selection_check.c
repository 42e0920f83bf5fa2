/* SPDX-License-Identifier: MIT */
/* selection_check - sources in sources, outputs in sources. */
#include "compactor/selection_check.h"

#include <stdlib.h>
#include <string.h>

#include "compactor/naming.h"

#define PLACE_MAX (S3_BUCKET_MAX + 1 + S3_KEY_MAX) /* "bucket/key" */

/* The places of all source partitions, sorted. */
struct places {
    char **text;
    size_t count;
    size_t shortest;
    size_t longest;
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void place_write(char out[PLACE_MAX + 1], const char *bucket, const char *key)
{
    const size_t bucket_len = strlen(bucket);
    memcpy(out, bucket, bucket_len);
    out[bucket_len] = '/';
    memcpy(out + bucket_len + 1, key, strlen(key) + 1);
}

static void places_release(struct places *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->text[i]);
    free(p->text);
}

static enum status no_memory(struct error *err)
{
    return error_set(err, STATUS_NO_MEMORY, "out of memory for the partitions' names");
}

static enum status places_add(struct places *p, const char *bucket, const char *key,
                              struct error *err)
{
    char place[PLACE_MAX + 1];
    place_write(place, bucket, key);
    const size_t len = strlen(place);
    char *copy = malloc(len + 1);
    if (copy == NULL)
        return no_memory(err);
    memcpy(copy, place, len + 1);
    p->text[p->count++] = copy;
    if (p->shortest == 0 || len < p->shortest)
        p->shortest = len;
    if (len > p->longest)
        p->longest = len;
    return STATUS_OK;
}

static enum status places_collect(struct places *p, const struct selection *s, struct error *err)
{
    p->text = calloc(s->total * s->source_count + 1, sizeof *p->text);
    if (p->text == NULL)
        return no_memory(err);
    for (uint64_t i = 0; i < s->total; i++) {
        struct partition_name name;
        enum status status = selection_get(s, i, &name, err);
        for (unsigned k = 0; status == STATUS_OK && k < s->source_count; k++) {
            char prefix[S3_KEY_MAX + 1];
            selection_prefix(s, &name, k, prefix);
            status = places_add(p, s->sources[k].bucket, prefix, err);
        }
        if (status != STATUS_OK)
            return status;
    }
    qsort(p->text, p->count, sizeof *p->text, compare_texts);
    return STATUS_OK;
}

/* A text that another begins with stands, when sorted, right before one that begins with it. */
static enum status check_sources(const struct places *p, struct error *err)
{
    for (size_t i = 1; i < p->count; i++)
        if (starts_with(p->text[i], p->text[i - 1]))
            return error_set(err, STATUS_INVALID,
                             "the source partition s3://%s holds s3://%s too, whose objects would "
                             "be joined twice; give sources that lie apart, or a --date-format "
                             "that tells the dates apart",
                             p->text[i - 1], p->text[i]);
    return STATUS_OK;
}

/* The source partition that `key` lies under, or NULL. */
static const char *place_over(const struct places *p, const char *bucket, const char *key)
{
    char place[PLACE_MAX + 1];
    place_write(place, bucket, key);
    const size_t len = strlen(place);
    for (size_t cut = p->shortest; cut <= p->longest && cut <= len; cut++) {
        const char kept = place[cut];
        const char *wanted = place;
        place[cut] = '\0';
        char **found = bsearch(&wanted, p->text, p->count, sizeof *p->text, compare_texts);
        place[cut] = kept;
        if (found != NULL)
            return *found;
    }
    return NULL;
}

static enum status check_outputs(const struct selection *s, const struct places *p,
                                 struct error *err)
{
    for (uint64_t i = 0; i < s->total; i++) {
        struct partition_name name;
        char key[S3_KEY_MAX + 1];
        enum status status = selection_get(s, i, &name, err);
        if (status == STATUS_OK)
            status = naming_output_key(name.destination_dir, "", key, err);
        if (status != STATUS_OK)
            return status;
        const char *over = place_over(p, s->destination.bucket, key);
        if (over == NULL)
            continue;
        if (s->single)
            return error_set(err, STATUS_INVALID,
                             "the output would fall under its own source s3://%s and be read by "
                             "the next run; choose a destination outside of it",
                             over);
        return error_set(err, STATUS_INVALID,
                         "the output of %s would fall under the source partition s3://%s and be "
                         "read by the next run; choose a destination outside of it",
                         name.date, over);
    }
    return STATUS_OK;
}

/* One source, and its prefix and the destination's lead apart: the usual case, and no work. */
static bool lies_apart(const struct selection *s)
{
    const struct s3_uri *source = &s->sources[0];
    if (s->source_count > 1)
        return false;
    return strcmp(source->bucket, s->destination.bucket) != 0 ||
           (!starts_with(source->key, s->destination.key) &&
            !starts_with(s->destination.key, source->key));
}

enum status selection_check(const struct selection *s, struct error *err)
{
    struct selection whole = *s;
    struct places places = {0};
    if (lies_apart(s))
        return STATUS_OK;
    whole.part_index = 0;
    whole.part_count = 1;
    enum status status = places_collect(&places, &whole, err);
    if (status == STATUS_OK && s->source_count > 1)
        status = check_sources(&places, err);
    if (status == STATUS_OK)
        status = check_outputs(&whole, &places, err);
    places_release(&places);
    return status;
}
