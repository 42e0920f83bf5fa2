/* SPDX-License-Identifier: MIT */
/* sources - one partition's listing over all its sources. */
#include "compactor/sources.h"

static void open_source(struct sources *l, unsigned source)
{
    char prefix[S3_KEY_MAX + 1];
    l->source = source;
    selection_prefix(l->selection, l->name, source, prefix);
    s3_lister_init(&l->lister, &(struct s3_list){.bucket = l->selection->sources[source].bucket,
                                                 .prefix = prefix});
}

void sources_init(struct sources *l, const struct selection *selection,
                  const struct partition_name *name)
{
    l->selection = selection;
    l->name = name;
    l->pages = 0;
    open_source(l, 0);
}

enum status sources_next(struct sources *l, struct s3_client *client, s3_entry_fn *on_entry,
                         s3_page_fn *on_page, void *ctx, struct error *err)
{
    if (l->lister.finished && l->source + 1 < l->selection->source_count)
        open_source(l, l->source + 1);
    l->pages++;
    return s3_lister_next(&l->lister, client, on_entry, on_page, ctx, err);
}

bool sources_finished(const struct sources *l)
{
    return l->lister.finished && l->source + 1 >= l->selection->source_count;
}

enum status sources_check_key(const struct sources *l, const char *key, struct error *err)
{
    return selection_check_key(l->selection, l->name, l->lister.prefix, key, err);
}
