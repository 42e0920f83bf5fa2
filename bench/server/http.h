/* SPDX-License-Identifier: MIT */
/*
 * http - the only part of the server that knows libmicrohttpd: one epoll thread that reads
 * requests, hands them to the pipeline and sends replies.
 */
#ifndef KIT_BENCH_SERVER_HTTP_H
#define KIT_BENCH_SERVER_HTTP_H

#include "bench/server/request.h"

struct http;

/* Listens and starts the thread; `url` gets "http://host:port". */
enum status http_start(struct s3_server *s, const char *host, uint16_t port, struct http **out,
                       char *url, size_t url_size, struct error *err) MUST_USE;
/* Every suspended request must have been resumed. */
void http_stop(struct http *h);

/* On the HTTP thread: the request waits until someone calls http_resume, from any thread. */
void http_suspend(struct request *r);
void http_resume(struct request *r);

#endif
