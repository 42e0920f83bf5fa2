/* SPDX-License-Identifier: MIT */
/*
 * manifest - what one generation is made of: a head line, then a line a source in key order, all
 * JSON (docs/crash-safety.md). Writing and reading are pure; manifest_stream.h fetches.
 *
 * Writing, into one buf whose size is known beforehand:
 *
 *     for each entry:  safe_manifest_append(&text, entry)
 *     safe_manifest_finish(&head, &text, digest, err)      puts the head line in front
 *
 * Reading, as the bytes come:
 *
 *     safe_manifest_reader_init(&r, &expected)
 *     safe_manifest_push(&r, data, len, err)               then, until it says MORE:
 *     safe_manifest_read(&r, &head_or_entry, err)
 *
 * A manifest is untrusted input. Everything is checked before it is handed out, except the whole's
 * hash and sums, which are checked at its end: SAFE_MANIFEST_END comes only after that.
 *
 * (Named safe_manifest_* because the generator's manifests are called manifest_*.)
 */
#ifndef KIT_COMPACTOR_SAFE_MANIFEST_H
#define KIT_COMPACTOR_SAFE_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/digest.h"
#include "compactor/entries.h"
#include "compactor/job.h"
#include "compactor/naming.h"
#include "lib/base/buf.h"
#include "lib/base/hash.h"

#define SAFE_MANIFEST_ENTRIES_MAX 100000
#define SAFE_MANIFEST_BYTES_MAX   (UINT64_C(64) << 20) /* of entry lines */
#define SAFE_MANIFEST_LINE_MAX    65536 /* a head has six keys, and JSON escapes may be long */
#define SAFE_MANIFEST_SOURCE_MAX  (S3_BUCKET_MAX + S3_KEY_MAX + 8)

struct safe_manifest_head {
    unsigned generation;
    char token[TOKEN_HEX_SIZE];
    char partition[S3_KEY_MAX + 1];            /* "2024/01/14" */
    char source[SAFE_MANIFEST_SOURCE_MAX + 1]; /* "s3://logs/raw/2024/01/14/" */
    char output[S3_KEY_MAX + 1];
    char suffix[NAMING_SUFFIX_MAX + 1];
    struct shape shape;
    char first[S3_KEY_MAX + 1]; /* of the sources' keys */
    char last[S3_KEY_MAX + 1];
    uint64_t sources;
    uint64_t nonempty;
    uint64_t bytes; /* of the sources */
    int64_t newest_unix_s;
    struct digest digest; /* of the sources */
    uint64_t entries_bytes;
    uint8_t entries_sha256[SHA256_SIZE];
};

/* The line of an entry: STATUS_INVALID when its key or ETag is not valid UTF-8. */
enum status safe_manifest_append(struct buf *text, const struct entry *entry,
                                 struct error *err) MUST_USE;
/* No less than the bytes of that line, and cheap. */
uint64_t safe_manifest_line_bound(const struct entry *entry);
/* Fills in the head's entries_* of the lines in `text`, and puts the head line in front of them.
 * `digest_hex` is the manifest's digest. */
enum status safe_manifest_finish(struct safe_manifest_head *head, struct buf *text,
                                 char digest_hex[SHA256_HEX_SIZE], struct error *err) MUST_USE;

/* What a manifest must say, as far as its own key implies it. */
struct safe_manifest_expected {
    unsigned generation;
    const char *partition;
    const char *source;     /* "s3://logs/raw/2024/01/14/" */
    const char *key_prefix; /* of every entry: the source's key */
    const char *output_dir; /* the output's key follows from it, the generation and the suffix */
    uint64_t size;          /* of the object, by the listing */
};

enum safe_manifest_event {
    SAFE_MANIFEST_MORE, /* push more bytes */
    SAFE_MANIFEST_HEAD,
    SAFE_MANIFEST_ENTRY,
    SAFE_MANIFEST_END,
    SAFE_MANIFEST_FAILED,
};

struct safe_manifest_reader {
    struct safe_manifest_expected expected;
    struct safe_manifest_head head;   /* from SAFE_MANIFEST_HEAD on */
    char digest_hex[SHA256_HEX_SIZE]; /* likewise: the manifest's digest */
    struct entry entry;               /* of SAFE_MANIFEST_ENTRY */
    struct hash *hash;                /* of the entry lines */
    struct buf pending;               /* pushed, not yet read */
    size_t pending_at;
    bool has_head;
    bool ended;
    uint64_t pushed;
    uint64_t entries;
    uint64_t nonempty;
    uint64_t bytes;
    uint64_t entry_bytes;
    int64_t newest_unix_s;
    struct digest digest;
    struct hash *digest_hash;
};

enum status safe_manifest_reader_init(struct safe_manifest_reader *r,
                                      const struct safe_manifest_expected *expected,
                                      struct error *err) MUST_USE;
void safe_manifest_reader_release(struct safe_manifest_reader *r);
/* `len` at most 1 MiB at a time; all before must have been read. */
enum status safe_manifest_push(struct safe_manifest_reader *r, const void *data, size_t len,
                               struct error *err) MUST_USE;
enum safe_manifest_event safe_manifest_read(struct safe_manifest_reader *r, struct error *err);

#endif
