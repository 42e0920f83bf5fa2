/* SPDX-License-Identifier: MIT */
/*
 * faults - carries out fault rules: the same actions and reply fields that hooks use, at the same
 * places on a request's way, chosen by data instead of by code.
 *
 * Threads: the HTTP thread's.
 */
#ifndef KIT_BENCH_SERVER_FAULTS_H
#define KIT_BENCH_SERVER_FAULTS_H

#include "bench/server/request.h"

struct faults;

/* The rules are borrowed. NULL without memory. */
struct faults *faults_new(const struct fault_rules *rules);
void faults_free(struct faults *f); /* accepts NULL */

/* Headers are in, nothing is verified: may move the clock that this request meets. */
void faults_early(struct faults *f, struct request *r, uint64_t seed, const struct buf *identity);
/* Verified: finds the rule that fires. May refuse the request (an expired token). */
enum s3_server_action faults_arrived(struct faults *f, struct request *r, uint64_t seed,
                                     const struct buf *identity);
/* Its body is in, nothing is applied. */
enum s3_server_action faults_before(struct request *r);
/* Applied; the reply is made. */
enum s3_server_action faults_after(struct request *r);

#endif
