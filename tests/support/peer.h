/* SPDX-License-Identifier: MIT */
/*
 * peer - a TCP server that misbehaves as it is told, for tests of how the engine takes it.
 *
 * A script is a list of turns: each whole request that arrives, on whichever connection, is
 * answered by the next one. What arrived is kept and read after peer_stop. Requests past the end
 * of the script are left without an answer.
 *
 * Threads: the peer has one of its own; a struct peer is used from the thread that started it.
 */
#ifndef KIT_TESTS_PEER_H
#define KIT_TESTS_PEER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

#define PEER_CONNECTIONS_MAX 16
#define PEER_REQUESTS_MAX    64
#define PEER_REQUEST_MAX     (1u << 20)

enum peer_then {
    PEER_KEEP,    /* wait for the next request on this connection */
    PEER_HOLD,    /* as PEER_KEEP, but reply when the next request has had its reply */
    PEER_CLOSE,   /* close it in order */
    PEER_RESET,   /* break it: the client gets a reset */
    PEER_TRICKLE, /* a byte of padding every 20 ms, without end */
};

struct peer_turn {
    const char *reply; /* as it goes on the wire; "" for none */
    size_t padding;    /* bytes of 'x' after it */
    enum peer_then then;
};

struct peer_connection {
    int fd; /* -1: free */
    struct buf in;
    const struct peer_turn *owed; /* held back; or NULL */
    const struct peer_turn *trickling;
};

struct peer {
    char url[64]; /* "http://127.0.0.1:34567" */
    const struct peer_turn *turns;
    size_t turn_count;
    size_t turn;
    int listener;
    int stop[2]; /* a pipe: its closing ends the thread */
    pthread_t thread;
    struct peer_connection connections[PEER_CONNECTIONS_MAX];
    /* To be read after peer_stop. */
    struct buf requests[PEER_REQUESTS_MAX];
    size_t request_count;
    unsigned accepted;
};

/* Fails the running test when it cannot. */
void peer_start(struct peer *p, const struct peer_turn *turns, size_t count);
void peer_stop(struct peer *p);
/* Frees what peer_stop left to be read. */
void peer_release(struct peer *p);

#endif
