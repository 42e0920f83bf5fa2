/* SPDX-License-Identifier: MIT */
/*
 * fuzz_listing - the first two pages of a listing, told apart by a NUL. What is handed over keeps a
 * listing's promises, whatever the server sent: keys in order, each once, under the prefix, and of a
 * page that is refused none at all.
 */
#include <string.h>

#include "lib/s3/list_parse.h"
#include "tests/fuzz/fuzz.h"

#define PREFIX "in/"

struct seen {
    char last_key[S3_KEY_MAX + 1];
    uint64_t entries;
};

static enum status on_entry(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    struct seen *seen = ctx;
    (void)err;
    FUZZ_MUST(entry->key_len <= S3_KEY_MAX && entry->key[entry->key_len] == '\0');
    FUZZ_MUST(strncmp(entry->key, PREFIX, strlen(PREFIX)) == 0);
    seen->entries++;
    if (entry->is_common_prefix)
        return STATUS_OK;
    FUZZ_MUST(seen->last_key[0] == '\0' || strcmp(seen->last_key, entry->key) < 0);
    memcpy(seen->last_key, entry->key, entry->key_len + 1);
    return STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct s3_lister lister;
    struct seen seen = {.entries = 0};
    const char *text = (const char *)data;
    const char *second = size > 0 ? memchr(text, '\0', size) : NULL;
    const size_t first_len = second != NULL ? (size_t)(second - text) : size;
    s3_lister_init(&lister, &(struct s3_list){.bucket = "bucket", .prefix = PREFIX});
    lister.on_entry = on_entry;
    lister.ctx = &seen;
    const enum status status = s3_lister_take_page(&lister, text, first_len, NULL);
    FUZZ_MUST(status == STATUS_OK || seen.entries == 0);
    if (status == STATUS_OK && second != NULL && !lister.finished) {
        const uint64_t before = seen.entries;
        const enum status again =
            s3_lister_take_page(&lister, second + 1, size - first_len - 1, NULL);
        FUZZ_MUST(again == STATUS_OK || seen.entries == before);
    }
    FUZZ_MUST(seen.entries == lister.entries);
    return 0;
}
