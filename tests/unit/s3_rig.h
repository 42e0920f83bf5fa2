/* SPDX-License-Identifier: MIT */
/*
 * s3_rig - an embedded server in this process and a client for it, for tests of operations.
 *
 *     struct rig *r = *state;                       made by rig_make, with the bucket "bucket"
 *     assert_ok(s3_head_object(r->client, "bucket", "k", rig_done, r, &r->error), &r->error);
 *     rig_wait(r, STATUS_NOT_FOUND);                 polls until rig_done was called
 */
#ifndef KIT_TESTS_S3_RIG_H
#define KIT_TESTS_S3_RIG_H

#include "tests/support/unit.h"

#include "bench/server/server.h"
#include "lib/s3/client.h"
#include "lib/s3/multipart.h"
#include "lib/s3/object.h"

struct rig {
    struct s3_server *server;
    struct http_loop *loop;
    struct s3_credentials_source *credentials;
    struct s3_client *client;

    /* The last reply, as rig_done saw it. */
    bool done;
    enum status status;
    struct error error;
    char code[S3_CODE_MAX];
    unsigned attempts;
    struct buf body;
    char etag[S3_ETAG_MAX];
    uint64_t into_size;
    /* Called by rig_done with the reply while it is valid; reset afterwards. */
    void (*look)(struct rig *r, const struct s3_reply *reply);
    void *look_ctx;

    /* What the server does to the next request of this operation ("" for none), once. */
    const char *fault_operation;
    int fault_status;       /* before: a reply with this status and body */
    const char *fault_body; /* after: with status 0, replaces the body of the good reply */
    uint64_t fault_cut_after;
    const char
        *fault_headers; /* after: takes the place of those of the good reply; NULL for none */
};

int rig_make(void **state);
int rig_remove(void **state);
s3_done_fn rig_done;
void rig_wait(struct rig *r, enum status expected);

void rig_put(struct rig *r, const char *key, const char *text);
/* The object as the server holds it is `text`. */
void rig_holds(struct rig *r, const char *key, const char *text);
unsigned rig_open_uploads(struct rig *r);

#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, rig_make, rig_remove)
#define RIG_BUCKET     "bucket"

#endif
