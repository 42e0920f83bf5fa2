/* SPDX-License-Identifier: MIT */
/* server_private - the server's state, and what its own modules may ask of it. */
#ifndef KIT_BENCH_SERVER_SERVER_PRIVATE_H
#define KIT_BENCH_SERVER_SERVER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "bench/server/delay.h"
#include "bench/server/request.h"
#include "bench/server/request_log.h"
#include "bench/server/server.h"
#include "bench/server/storage.h"

struct faults;
struct httpd;
struct rate_limit;

struct s3_server {
    char url[128];
    char *region;
    char *domain; /* or NULL */
    enum s3_server_quirks quirks;
    struct s3_server_hooks hooks;
    const struct latency_profile *latency;
    atomic_uint_least64_t seed;
    struct storage *store;
    struct delay_queue *delays;
    struct httpd *httpd;

    /* The HTTP thread's own. */
    struct auth *auth;
    struct request_log *log;
    struct request *pool;
    struct buf draw_key;
    struct faults *faults;               /* NULL: none */
    struct rate_limit *rate_limit;       /* NULL: none */
    atomic_uint_least64_t last_sequence; /* others read it */

    /* Under the lock. */
    pthread_mutex_t lock;
    bool stopping;
    struct request *held;
    unsigned held_count;
    struct s3_server_stats stats;
};

static inline struct storage *server_storage(const struct s3_server *s)
{
    return s->store;
}
static inline const char *server_region(const struct s3_server *s)
{
    return s->region;
}
static inline enum s3_server_quirks server_quirks(const struct s3_server *s)
{
    return s->quirks;
}
/* Puts a suspended request behind the gate; -1 when the server is stopping. */
int server_hold(struct s3_server *s, struct request *r);
/* Suspends it until r->watch says otherwise, or its deadline; -1 when the server is stopping. */
int server_watch(struct s3_server *s, struct request *r);

#endif
