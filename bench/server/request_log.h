/* SPDX-License-Identifier: MIT */
/*
 * request_log - one JSON line a finished request, buffered. Never holds secrets: neither headers
 * nor queries are written.
 *
 * Threads: one at a time.
 */
#ifndef KIT_BENCH_SERVER_REQUEST_LOG_H
#define KIT_BENCH_SERVER_REQUEST_LOG_H

#include "bench/server/request.h"

struct request_log;

enum status request_log_open(const char *path, struct request_log **out,
                             struct error *err) MUST_USE;
void request_log_write(struct request_log *log, const struct request *r, int64_t service_ns);
/* Writes what is buffered; accepts NULL. */
void request_log_close(struct request_log *log);

#endif
