/* SPDX-License-Identifier: MIT */
/* place - names of one partition. */
#include "compactor/safe/place.h"

#include <stdio.h>

#include "compactor/safe/layout.h"

struct s3_keeping place_state_keeping(const struct job *job)
{
    return (struct s3_keeping){.encryption = job->keeping.encryption,
                               .kms_key_id = job->keeping.kms_key_id};
}

enum status place_init(struct place *p, const struct job *job, const struct partition_name *name,
                       struct error *err)
{
    char root[S3_KEY_MAX + 1];
    const struct selection *s = &job->selection;
    *p = (struct place){
        .bucket = s->destination.bucket, .name = *name, .keeping = place_state_keeping(job)};
    snprintf(p->partition, sizeof p->partition, "%s", layout_partition(s, &p->name));
    snprintf(p->source, sizeof p->source, "s3://%s/%s", s->sources[0].bucket, name->source_prefix);
    enum status status = layout_root(s, root, err);
    return status == STATUS_OK ? layout_log(root, p->partition, p->log, err) : status;
}

struct safe_manifest_expected place_expects(const struct place *p, unsigned generation,
                                            uint64_t size)
{
    return (struct safe_manifest_expected){.generation = generation,
                                           .partition = p->partition,
                                           .source = p->source,
                                           .key_prefix = p->name.source_prefix,
                                           .output_dir = p->name.destination_dir,
                                           .size = size};
}
