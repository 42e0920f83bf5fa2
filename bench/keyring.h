/* SPDX-License-Identifier: MIT */
/*
 * keyring - the keys that `s3-bench serve` accepts: its own first, then those of a file in the form
 * of ~/.aws/credentials, so that a client's AWS_PROFILE chooses among them:
 *
 *     [alice]
 *     aws_access_key_id = ALICE
 *     aws_secret_access_key = ...
 *
 *     keyring_init(&ring);
 *     status = keyring_read_file(&ring, path, err);
 *     ... ring.keys, ring.count ...
 *     keyring_release(&ring);
 *
 * An aws_session_token must then come with the key. Other settings of a profile, such as its region,
 * are passed over.
 * Ownership: the keys point into the ring, or are the caller's for keyring_add. Secrets are cleansed
 * at release and appear in no error text.
 * Limits: KEYRING_MAX keys, a file of KEYRING_FILE_MAX bytes.
 */
#ifndef KIT_BENCH_KEYRING_H
#define KIT_BENCH_KEYRING_H

#include "bench/server/server.h"

#define KEYRING_MAX      64
#define KEYRING_FILE_MAX (64u << 10)

struct keyring {
    struct s3_server_key keys[KEYRING_MAX];
    size_t count;
    char *text; /* of the file; cut up */
};

void keyring_init(struct keyring *ring);
void keyring_release(struct keyring *ring);
/* STATUS_LIMIT when it is full, STATUS_INVALID when there is a key of this id already. */
enum status keyring_add(struct keyring *ring, const struct s3_server_key *key,
                        struct error *err) MUST_USE;
/* Once a ring. STATUS_INVALID names the line that is wrong. */
enum status keyring_read_file(struct keyring *ring, const char *path, struct error *err) MUST_USE;

#endif
