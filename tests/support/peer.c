/* SPDX-License-Identifier: MIT */
/* peer - see peer.h. */
#include "tests/support/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/unit.h"

#define TRICKLE_MS 20

static void connection_close(struct peer_connection *c)
{
    close(c->fd);
    c->fd = -1;
    c->owed = NULL;
    c->trickling = NULL;
    buf_reset(&c->in);
}

static void connection_reset(struct peer_connection *c)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connection_close(c);
}

/* The client may have gone: that is its right. */
static void send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

/* The length of the whole request at the start of `in`, or 0 while it is not all there. */
static size_t request_length(const struct buf *in)
{
    const char *end = strstr(in->data, "\r\n\r\n");
    if (!end)
        return 0;
    size_t length = (size_t)(end - in->data) + 4;
    for (const char *line = in->data; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            length += strtoul(line + 15, NULL, 10);
    }
    return length <= in->len ? length : 0;
}

static void take_turn(struct peer_connection *c, const struct peer_turn *turn)
{
    char padding[4096];
    memset(padding, 'x', sizeof padding);
    send_all(c->fd, turn->reply, strlen(turn->reply));
    for (size_t left = turn->padding; left > 0;) {
        size_t n = left < sizeof padding ? left : sizeof padding;
        send_all(c->fd, padding, n);
        left -= n;
    }
    switch (turn->then) {
    case PEER_KEEP:
    case PEER_HOLD:
        break;
    case PEER_CLOSE:
        connection_close(c);
        break;
    case PEER_RESET:
        connection_reset(c);
        break;
    case PEER_TRICKLE:
        c->trickling = turn;
        break;
    }
}

static void answer(struct peer *p, struct peer_connection *c)
{
    if (p->turn == p->turn_count)
        return;
    const struct peer_turn *turn = &p->turns[p->turn++];
    if (turn->then == PEER_HOLD) {
        c->owed = turn;
        return;
    }
    take_turn(c, turn);
    for (size_t i = 0; i < PEER_CONNECTIONS_MAX; i++) {
        struct peer_connection *other = &p->connections[i];
        const struct peer_turn *owed = other->owed;
        other->owed = NULL;
        if (owed)
            take_turn(other, owed);
    }
}

static void take_requests(struct peer *p, struct peer_connection *c)
{
    size_t len;
    while (c->fd >= 0 && (len = request_length(&c->in)) > 0) {
        if (p->request_count < PEER_REQUESTS_MAX) {
            struct buf *kept = &p->requests[p->request_count++];
            buf_append(kept, c->in.data, len);
        }
        memmove(c->in.data, c->in.data + len, c->in.len - len);
        buf_truncate(&c->in, c->in.len - len);
        answer(p, c);
    }
}

static void on_readable(struct peer *p, struct peer_connection *c)
{
    char chunk[16384];
    ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);
    if (n <= 0) {
        connection_close(c);
        return;
    }
    buf_append(&c->in, chunk, (size_t)n);
    take_requests(p, c);
}

static void on_connect(struct peer *p)
{
    int fd = accept(p->listener, NULL, NULL);
    if (fd < 0)
        return;
    p->accepted++;
    for (size_t i = 0; i < PEER_CONNECTIONS_MAX; i++) {
        if (p->connections[i].fd < 0) {
            p->connections[i].fd = fd;
            return;
        }
    }
    close(fd);
}

static bool trickle(struct peer *p)
{
    bool any = false;
    for (size_t i = 0; i < PEER_CONNECTIONS_MAX; i++) {
        if (p->connections[i].trickling) {
            send_all(p->connections[i].fd, "x", 1);
            any = true;
        }
    }
    return any;
}

static void *serve(void *ctx)
{
    struct peer *p = ctx;
    bool trickles = false;
    for (;;) {
        struct pollfd fds[PEER_CONNECTIONS_MAX + 2] = {{.fd = p->stop[0], .events = POLLIN},
                                                       {.fd = p->listener, .events = POLLIN}};
        for (size_t i = 0; i < PEER_CONNECTIONS_MAX; i++)
            fds[i + 2] = (struct pollfd){.fd = p->connections[i].fd, .events = POLLIN};
        if (poll(fds, PEER_CONNECTIONS_MAX + 2, trickles ? TRICKLE_MS : -1) < 0)
            continue;
        if (fds[0].revents)
            return NULL;
        for (size_t i = 0; i < PEER_CONNECTIONS_MAX; i++) {
            if (fds[i + 2].revents)
                on_readable(p, &p->connections[i]);
        }
        if (fds[1].revents)
            on_connect(p);
        trickles = trickle(p);
    }
}

static void listen_on_loopback(struct peer *p)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(p->listener >= 0);
    assert_int_equal(bind(p->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(p->listener, PEER_CONNECTIONS_MAX), 0);
    assert_int_equal(getsockname(p->listener, (struct sockaddr *)&address, &len), 0);
    snprintf(p->url, sizeof p->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
}

void peer_start(struct peer *p, const struct peer_turn *turns, size_t count)
{
    memset(p, 0, sizeof *p);
    p->turns = turns;
    p->turn_count = count;
    for (size_t i = 0; i < PEER_CONNECTIONS_MAX; i++) {
        p->connections[i].fd = -1;
        buf_init(&p->connections[i].in, PEER_REQUEST_MAX);
    }
    for (size_t i = 0; i < PEER_REQUESTS_MAX; i++)
        buf_init(&p->requests[i], PEER_REQUEST_MAX);
    listen_on_loopback(p);
    assert_int_equal(pipe(p->stop), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

void peer_stop(struct peer *p)
{
    close(p->stop[1]);
    pthread_join(p->thread, NULL);
    close(p->stop[0]);
    close(p->listener);
    for (size_t i = 0; i < PEER_CONNECTIONS_MAX; i++) {
        if (p->connections[i].fd >= 0)
            connection_close(&p->connections[i]);
        buf_release(&p->connections[i].in);
    }
}

void peer_release(struct peer *p)
{
    for (size_t i = 0; i < PEER_REQUESTS_MAX; i++)
        buf_release(&p->requests[i]);
}
