/* SPDX-License-Identifier: MIT */
/*
 * httpd - the only part of the server that knows libmicrohttpd: one epoll thread that reads
 * requests, hands them to the pipeline and sends replies.
 */
#ifndef KIT_BENCH_SERVER_HTTPD_H
#define KIT_BENCH_SERVER_HTTPD_H

#include "bench/server/request.h"

struct httpd;

/* Listens and starts the thread; `url` gets "http://host:port". */
enum status httpd_start(struct s3_server *s, const char *host, uint16_t port, struct httpd **out,
                        char *url, size_t url_size, struct error *err) MUST_USE;
/* Every suspended request must have been resumed. */
void httpd_stop(struct httpd *h);

/* On the HTTP thread: the request waits until someone calls httpd_resume, from any thread. */
void httpd_suspend(struct request *r);
void httpd_resume(struct request *r);
/* While it is suspended, from any thread: whether the client has closed the connection. */
bool httpd_client_gone(const struct request *r);

#endif
