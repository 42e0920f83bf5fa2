/* SPDX-License-Identifier: MIT */
/* config - config.state, as text and in the bucket. */
#include "compactor/safe/config.h"

#include <stdio.h>
#include <string.h>

#include "compactor/safe/ask.h"
#include "compactor/safe/fields.h"
#include "compactor/safe/layout.h"
#include "compactor/safe/place.h"
#include "compactor/safe/records.h"
#include "lib/s3/list.h"
#include "lib/s3/object.h"
#include "lib/tool/json.h"

#define CONFIG_SCHEMA "s3-compact-config/1"

void config_of_job(const struct job *job, struct config *out)
{
    const struct selection *s = &job->selection;
    *out = (struct config){.source = ""};
    snprintf(out->match, sizeof out->match, "%s",
             s->match == MATCH_PREFIX ? "prefix" : "partition");
    snprintf(out->source, sizeof out->source, "s3://%s/%s", s->sources[0].bucket,
             s->sources[0].key);
    if (!s->single)
        snprintf(out->date_format, sizeof out->date_format, "%s", s->date_format);
    snprintf(out->suffix, sizeof out->suffix, "%s",
             job->suffix_rule == SUFFIX_FIRST ? "first" : "known");
}

void config_write(const struct config *c, struct buf *out)
{
    struct json j;
    json_init(&j, out, false);
    json_begin_object(&j, NULL);
    json_str(&j, "schema", CONFIG_SCHEMA);
    json_str(&j, "source", c->source);
    json_str(&j, "date_format", c->date_format[0] != '\0' ? c->date_format : NULL);
    json_str(&j, "match", c->match);
    json_str(&j, "suffix", c->suffix);
    json_end(&j);
    buf_append_char(out, '\n');
}

enum status config_read(const char *text, size_t len, struct config *out, struct error *err)
{
    struct fields f;
    struct config made = {.source = ""};
    fields_open(&f, text, len, CONFIG_SCHEMA, "config.state", err);
    fields_str(&f, "source", made.source, sizeof made.source);
    fields_str_or_null(&f, "date_format", made.date_format, sizeof made.date_format);
    fields_str(&f, "match", made.match, sizeof made.match);
    fields_str(&f, "suffix", made.suffix, sizeof made.suffix);
    enum status status = fields_close(&f);
    if (status == STATUS_OK)
        *out = made;
    return status;
}

enum status config_compare(const struct config *kept, const struct config *wanted,
                           struct error *err)
{
    const struct {
        const char *what;
        const char *kept;
        const char *wanted;
    } rows[] = {
        {"SRC", kept->source, wanted->source},
        {"--date-format", kept->date_format, wanted->date_format},
        {"--match", kept->match, wanted->match},
        {"--suffix", kept->suffix, wanted->suffix},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].kept, rows[i].wanted) != 0)
            return error_set(
                err, STATUS_INVALID,
                "this destination is kept with %s \"%s\", and this run has \"%s\"; use "
                "the same, or another destination",
                rows[i].what, rows[i].kept, rows[i].wanted);
    return STATUS_OK;
}

/* ---- in the bucket ---- */

enum status config_load(struct s3_client *client, const char *bucket, const char *prefix,
                        struct config *out, struct error *err)
{
    char key[S3_KEY_MAX + 1];
    char text[RECORD_TEXT_MAX];
    struct ask ask = {0};
    enum status status = layout_config(prefix, key, err);
    if (status == STATUS_OK)
        status = s3_get_small_object(client, bucket, key, text, sizeof text, ask_done, &ask, err);
    if (status == STATUS_OK)
        status = ask_wait(client, &ask, err);
    if (status != STATUS_OK)
        return status;
    return config_read(text, ask.into_size, out, err);
}

static enum status config_create(struct s3_client *client, const struct job *job,
                                 const struct config *config, const char *key, struct error *err)
{
    struct buf text;
    struct ask ask = {0};
    const struct s3_keeping keeping = place_state_keeping(job);
    buf_init(&text, RECORD_TEXT_MAX);
    config_write(config, &text);
    enum status status = buf_status(&text, "config.state", err);
    if (status == STATUS_OK)
        status = s3_put_object(client,
                               &(struct s3_write){.bucket = job->selection.destination.bucket,
                                                  .key = key,
                                                  .content_type = "application/json",
                                                  .keeping = &keeping,
                                                  .create_only = true},
                               text.data, text.len, NULL, ask_done, &ask, err);
    if (status == STATUS_OK)
        status = ask_wait(client, &ask, err);
    buf_release(&text);
    return status;
}

enum status config_ensure(struct s3_client *client, const struct job *job, bool write,
                          struct error *err)
{
    const char *bucket = job->selection.destination.bucket;
    char root[S3_KEY_MAX + 1];
    char key[S3_KEY_MAX + 1];
    struct config wanted;
    struct config kept;
    config_of_job(job, &wanted);
    enum status status = layout_root(&job->selection, root, err);
    if (status == STATUS_OK)
        status = layout_config(root, key, err);
    if (status == STATUS_OK)
        status = config_load(client, bucket, root, &kept, err);
    if (status == STATUS_OK)
        return config_compare(&kept, &wanted, err);
    if (status != STATUS_NOT_FOUND)
        return status;
    if (!write)
        return STATUS_OK;
    status = config_create(client, job, &wanted, key, err);
    if (status != STATUS_PRECONDITION)
        return status;
    /* Somebody was faster, or the first attempt's reply was lost. */
    status = config_load(client, bucket, root, &kept, err);
    return status == STATUS_OK ? config_compare(&kept, &wanted, err) : status;
}

struct state_probe {
    struct ask ask;
    bool found;
};

static enum status on_state(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    struct state_probe *p = ctx;
    (void)entry;
    (void)err;
    p->found = true;
    return STATUS_OK;
}

static void on_state_page(void *ctx, enum status status, const struct error *error,
                          const struct s3_reply *reply)
{
    struct state_probe *p = ctx;
    (void)reply;
    ask_set(&p->ask, status, error);
}

enum status config_refuse_state(struct s3_client *client, const struct job *job, struct error *err)
{
    char prefix[S3_KEY_MAX + 1];
    char root[S3_KEY_MAX + 1];
    struct s3_lister lister;
    struct state_probe probe = {.found = false};
    const char *bucket = job->selection.destination.bucket;
    enum status status = layout_root(&job->selection, root, err);
    if (status == STATUS_OK)
        status = layout_config(root, prefix, err);
    if (status != STATUS_OK)
        return status;
    prefix[strlen(root) + strlen(LAYOUT_DIR)] = '\0';
    s3_lister_init(&lister, &(struct s3_list){.bucket = bucket, .prefix = prefix, .max_keys = 1});
    status = s3_lister_next(&lister, client, on_state, on_state_page, &probe, err);
    if (status == STATUS_OK)
        status = ask_wait(client, &probe.ask, err);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK; /* no such bucket: whoever has to write there will say so */
    if (status != STATUS_OK)
        error_prefix(err, "destination");
    if (status == STATUS_OK && probe.found)
        status = error_set(err, STATUS_INVALID,
                           "s3://%s/%s is kept by the crash-safe mode; use --manifest, or another "
                           "destination",
                           bucket, prefix);
    return status;
}
