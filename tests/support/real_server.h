/* SPDX-License-Identifier: MIT */
/* real_server - MinIO and versitygw as child processes on a free port of 127.0.0.1. */
#ifndef KIT_TESTS_REAL_SERVER_H
#define KIT_TESTS_REAL_SERVER_H

#include <sys/types.h>

#include "tests/support/fixture.h"

/* The program of a real server, from its environment variable or PATH, into `out`; false when
 * there is none. */
bool real_server_find(enum test_endpoint_kind kind, char out[FIXTURE_PATH_MAX]);

/* Starts it with its data and its log below `root`, waits until it answers, and fills in the
 * endpoint, whose kind and keys are set. STATUS_NETWORK: it does not come up. */
enum status real_server_start(struct test_endpoint *endpoint, const char *root, pid_t *pid,
                              struct error *err) MUST_USE;
void real_server_stop(pid_t pid);

#endif
