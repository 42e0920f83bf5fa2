/* SPDX-License-Identifier: MIT */
/*
 * discover - dates found by listing.
 *
 * A folder is what has been read of a date so far ("2024/01/"), and how many parts of the format
 * that is. A walker lists one folder: each name in it that reads as the next part, within the
 * bounds, becomes a folder that waits, or a date when it was the last part.
 */
#include "compactor/discover.h"

#include <stdlib.h>
#include <string.h>

#include "lib/s3/list.h"

#define WALKERS_MAX 16
#define POLL_MS     200
#define PREFIX_MAX  (S3_KEY_MAX + DATE_TEXT_MAX + DATE_FORMAT_MAX)
#define DATES_MAX   (2 * (size_t)SELECTION_MAX) /* before the same dates of several SRC are merged */

struct folder {
    struct folder *next;
    unsigned source;
    unsigned parts; /* of the format, read */
    char text[];    /* with its final slash */
};

struct walker {
    struct discovery *discovery;
    struct folder *folder; /* NULL while idle */
    bool request_out;
    struct s3_lister lister;
    char format[DATE_FORMAT_MAX + 2]; /* up to the part that the folder's names are of */
    /* Of keys: the prefix that the last one had, to be jumped over; "" for none. */
    char passed[S3_KEY_MAX + 1];
};

struct discovery {
    const struct discover_options *options;
    const struct selection *selection;
    struct walker walkers[WALKERS_MAX];
    unsigned walker_count;
    struct folder *waiting; /* last in, first out: few wait at a time */
    size_t waiting_count;
    struct civil_hour *dates;
    size_t count;
    size_t room;
    bool failed;
    struct error error;
};

static void fail(struct discovery *d, const struct error *error)
{
    if (d->failed)
        return;
    d->failed = true;
    d->error = *error;
}

/* ---- what was found ---- */

static int compare_dates(const void *a, const void *b)
{
    const struct civil_hour *x = a;
    const struct civil_hour *y = b;
    return x->hours < y->hours ? -1 : x->hours > y->hours;
}

static void merge_dates(struct discovery *d)
{
    size_t kept = 0;
    if (d->count > 0)
        qsort(d->dates, d->count, sizeof *d->dates, compare_dates);
    for (size_t i = 0; i < d->count; i++)
        if (i == 0 || d->dates[i].hours != d->dates[kept - 1].hours)
            d->dates[kept++] = d->dates[i];
    d->count = kept;
}

static enum status add_date(struct discovery *d, struct civil_hour date, struct error *err)
{
    if (d->count == DATES_MAX)
        merge_dates(d);
    if (d->count > SELECTION_MAX && d->room == DATES_MAX)
        return error_set(err, STATUS_LIMIT,
                         "more than %d dates were found; bound them with --from and --to",
                         SELECTION_MAX);
    if (d->count == d->room) {
        const size_t room = d->room == 0 ? 1024 : 2 * d->room < DATES_MAX ? 2 * d->room : DATES_MAX;
        struct civil_hour *grown = realloc(d->dates, room * sizeof *grown);
        if (grown == NULL)
            return error_set(err, STATUS_NO_MEMORY, "out of memory for the dates found");
        d->dates = grown;
        d->room = room;
    }
    d->dates[d->count++] = date;
    return STATUS_OK;
}

static enum status add_folder(struct discovery *d, unsigned source, unsigned parts,
                              const char *text, size_t len, struct error *err)
{
    if (d->waiting_count == SELECTION_MAX)
        return error_set(err, STATUS_LIMIT,
                         "more than %d folders read as a part of a date; bound them with --from "
                         "and --to",
                         SELECTION_MAX);
    struct folder *folder = malloc(sizeof *folder + len + 1);
    if (folder == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the folders to list");
    *folder = (struct folder){.next = d->waiting, .source = source, .parts = parts};
    memcpy(folder->text, text, len);
    folder->text[len] = '\0';
    d->waiting = folder;
    d->waiting_count++;
    return STATUS_OK;
}

/* ---- reading names ---- */

/* The first `parts` parts of a format, with the slash that ends them where there is one. */
static void format_cut(const char *format, unsigned parts, char out[DATE_FORMAT_MAX + 2])
{
    size_t len = 0;
    for (unsigned i = 0; i < parts; i++)
        len += strcspn(format + len, "/") + 1;
    const size_t whole = strlen(format);
    if (len > whole)
        len = whole;
    memcpy(out, format, len);
    out[len] = '\0';
}

static unsigned format_parts(const char *format)
{
    unsigned parts = 1;
    for (; *format != '\0'; format++)
        parts += *format == '/';
    return parts;
}

static bool is_last_part(const struct walker *w)
{
    return w->folder->parts + 1 == format_parts(w->discovery->selection->date_format);
}

static bool is_within(const struct selection *s, const struct date_fields *fields)
{
    struct date_period period;
    if (fields->year == DATE_FIELD_ABSENT)
        return true; /* "%m/%Y": the year is to come */
    return date_fields_period(fields, &period) && period.first.hours < s->bounds.next.hours &&
           period.next.hours > s->bounds.first.hours;
}

static bool is_destination(const struct selection *s, unsigned source, const char *key)
{
    const char *destination = s->destination.key;
    const char *under = s->sources[source].key;
    const bool inside = strcmp(s->destination.bucket, s->sources[source].bucket) == 0 &&
                        strncmp(destination, under, strlen(under)) == 0 &&
                        strcmp(destination, under) != 0;
    return inside && strncmp(key, destination, strlen(destination)) == 0;
}

/* A name that reads as the date so far. False when it does not, or is not wanted. */
static bool read_name(const struct walker *w, const char *name, struct date_fields *fields,
                      size_t *used)
{
    return date_format_scan(w->format, name, fields, used) &&
           is_within(w->discovery->selection, fields);
}

/* Fields out of their order ("%m/%Y") are only now known to be within the bounds. */
static enum status take_date(struct walker *w, const struct date_fields *fields, struct error *err)
{
    struct date_period period;
    if (!date_fields_period(fields, &period))
        return STATUS_OK;
    return add_date(w->discovery, period.first, err);
}

static enum status take_folder(struct walker *w, const char *name, struct error *err)
{
    struct date_fields fields;
    size_t used;
    const size_t len = strlen(name);
    if (!read_name(w, name, &fields, &used) || used != len || len > DATE_TEXT_MAX)
        return STATUS_OK;
    if (is_last_part(w))
        return take_date(w, &fields, err);
    return add_folder(w->discovery, w->folder->source, w->folder->parts + 1, name, len, err);
}

/* With --match prefix: a key that begins with a date stands for all that do. */
static enum status take_key(struct walker *w, const char *key, size_t source_len, struct error *err)
{
    struct date_fields fields;
    size_t used;
    if (w->passed[0] != '\0' && strncmp(key, w->passed, strlen(w->passed)) == 0)
        return STATUS_OK;
    w->passed[0] = '\0';
    if (!date_format_scan(w->format, key + source_len, &fields, &used))
        return STATUS_OK;
    memcpy(w->passed, key, source_len + used);
    w->passed[source_len + used] = '\0';
    return is_within(w->discovery->selection, &fields) ? take_date(w, &fields, err) : STATUS_OK;
}

static enum status on_entry(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    struct walker *w = ctx;
    const struct selection *s = w->discovery->selection;
    const size_t source_len = strlen(s->sources[w->folder->source].key);
    if (is_destination(s, w->folder->source, entry->key)) {
        memcpy(w->passed, s->destination.key, sizeof w->passed);
        return STATUS_OK;
    }
    if (w->lister.delimiter[0] == '\0')
        return take_key(w, entry->key, source_len, err);
    return entry->is_common_prefix ? take_folder(w, entry->key + source_len, err) : STATUS_OK;
}

/* ---- walking ---- */

/* What every name in the folder begins with: the folder, and the text before the next field. */
static void write_prefix(const struct walker *w, char out[PREFIX_MAX + 1])
{
    const struct selection *s = w->discovery->selection;
    char before[DATE_FORMAT_MAX + 2];
    format_cut(s->date_format, w->folder->parts, before);
    const char *part = w->format + strlen(before);
    const char *key = s->sources[w->folder->source].key;
    size_t len = strlen(key);
    memcpy(out, key, len);
    memcpy(out + len, w->folder->text, strlen(w->folder->text));
    len += strlen(w->folder->text);
    const size_t literal = strcspn(part, "%/");
    memcpy(out + len, part, literal);
    out[len + literal] = '\0';
}

static void start_listing(struct walker *w, const char *start_after)
{
    const struct selection *s = w->discovery->selection;
    char prefix[PREFIX_MAX + 1]; /* the lister refuses one that is too long */
    const bool keys = s->match == MATCH_PREFIX && is_last_part(w);
    write_prefix(w, prefix);
    s3_lister_init(&w->lister, &(struct s3_list){.bucket = s->sources[w->folder->source].bucket,
                                                 .prefix = prefix,
                                                 .delimiter = keys ? NULL : "/",
                                                 .start_after = start_after});
}

static void take_waiting(struct walker *w)
{
    struct discovery *d = w->discovery;
    const struct selection *s = d->selection;
    w->folder = d->waiting;
    d->waiting = w->folder->next;
    d->waiting_count--;
    w->passed[0] = '\0';
    format_cut(s->date_format, w->folder->parts + 1, w->format);
    const size_t len = strlen(w->format);
    if (s->match == MATCH_PARTITION && is_last_part(w))
        memcpy(w->format + len, "/", 2);
    start_listing(w, NULL);
}

/* Goes on after every key that begins like the last one: after the highest code point. */
static bool jump(struct walker *w)
{
    static const char highest[] = "\xf4\x8f\xbf\xbf";
    char after[S3_KEY_MAX + 1];
    const size_t len = strlen(w->passed);
    const bool keys = w->lister.delimiter[0] == '\0';
    if (!keys || len == 0 || len + sizeof highest > sizeof after)
        return false;
    memcpy(after, w->passed, len);
    memcpy(after + len, highest, sizeof highest);
    if (strcmp(after, w->lister.start_after) == 0)
        return false; /* keys beyond any code point: not jumped over, then */
    start_listing(w, after);
    return true;
}

static void on_page(void *ctx, enum status status, const struct error *error,
                    const struct s3_reply *reply)
{
    struct walker *w = ctx;
    (void)reply;
    w->request_out = false;
    if (status != STATUS_OK)
        fail(w->discovery, error);
    if (status == STATUS_OK && !w->lister.finished && jump(w))
        return;
    if (status == STATUS_OK && !w->lister.finished)
        return;
    free(w->folder);
    w->folder = NULL;
}

/* Sends what there is to send; how many requests are out. */
static unsigned send_all(struct discovery *d)
{
    unsigned out = 0;
    for (unsigned i = 0; i < d->walker_count; i++) {
        struct walker *w = &d->walkers[i];
        struct error error;
        if (w->folder == NULL && d->waiting != NULL && !d->failed)
            take_waiting(w);
        if (w->folder != NULL && !w->request_out && !d->failed) {
            w->request_out = s3_lister_next(&w->lister, d->options->client, on_entry, on_page, w,
                                            &error) == STATUS_OK;
            if (!w->request_out)
                fail(d, &error);
        }
        out += w->request_out;
    }
    return out;
}

static enum status walk(struct discovery *d, struct error *err)
{
    while (send_all(d) > 0) {
        enum status status = s3_client_poll(d->options->client, POLL_MS, err);
        if (status != STATUS_OK)
            return status;
        if (d->options->interrupted() != 0) {
            struct error error;
            error_set(&error, STATUS_CANCELLED, "interrupted while looking for dates");
            fail(d, &error);
        }
    }
    return d->failed ? error_copy(err, &d->error) : STATUS_OK;
}

static void discovery_free(struct discovery *d)
{
    for (unsigned i = 0; i < d->walker_count; i++)
        free(d->walkers[i].folder);
    while (d->waiting != NULL) {
        struct folder *folder = d->waiting;
        d->waiting = folder->next;
        free(folder);
    }
    free(d->dates);
    free(d);
}

enum status discover_dates(const struct discover_options *options, struct selection *selection,
                           struct error *err)
{
    struct discovery *d = calloc(1, sizeof *d);
    if (d == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for looking for dates");
    d->options = options;
    d->selection = selection;
    d->walker_count = options->concurrency < WALKERS_MAX ? options->concurrency : WALKERS_MAX;
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < d->walker_count; i++)
        d->walkers[i].discovery = d;
    for (unsigned i = 0; status == STATUS_OK && i < selection->source_count; i++)
        status = add_folder(d, i, 0, "", 0, err);
    if (status == STATUS_OK)
        status = walk(d, err);
    if (status == STATUS_OK) {
        merge_dates(d);
        struct civil_hour *dates = d->dates;
        d->dates = NULL;
        status = selection_set_dates(selection, dates, d->count, err);
    }
    discovery_free(d);
    return status;
}
