/* SPDX-License-Identifier: MIT */
/*
 * transport - see transport.h. epoll on one side, libcurl's multi_socket interface on the other.
 *
 * libcurl calls back for sockets and its timer only from within curl_multi_* calls, and `done` is
 * called only from drain(), outside of them: callbacks may start and cancel what they like.
 */
#include "lib/s3/http/transport.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/s3/http/handle.h"

#define EVENTS_AT_ONCE 64

struct http_loop {
    struct http_loop_options options;
    CURLM *multi;
    int epoll_fd;
    bool timer_set;
    struct mono timer;  /* when libcurl wants to be called */
    int socket_errno;   /* of an epoll_ctl that failed: the loop is of no use any more */
    unsigned running;   /* exchanges that libcurl has */
    unsigned in_flight; /* those, and the ones that wait for a connection */
    struct http_handle *pool;
    struct http_exchange *queue_first;
    struct http_exchange *queue_last;
};

const char *http_outcome_name(enum http_outcome o)
{
    switch (o) {
    case HTTP_DONE:
        return "done";
    case HTTP_CONNECT_FAILED:
        return "connect-failed";
    case HTTP_TLS_FAILED:
        return "tls-failed";
    case HTTP_TIMEOUT:
        return "timeout";
    case HTTP_RESET:
        return "reset";
    case HTTP_TRUNCATED:
        return "truncated";
    case HTTP_TOO_LARGE:
        return "too-large";
    case HTTP_FAILED:
        break;
    }
    return "failed";
}

const char *http_library_version(void)
{
    return curl_version();
}

enum status http_global_init(struct error *err)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGPIPE, &ignore, NULL) != 0)
        return error_set(err, STATUS_IO, "SIGPIPE cannot be ignored: %s", strerror(errno));
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, STATUS_NO_MEMORY, "libcurl cannot be initialised");
    return STATUS_OK;
}

/* ---- sockets and the timer ---- */

static uint32_t events_of(int what)
{
    uint32_t events = 0;
    if (what & CURL_POLL_IN)
        events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        events |= EPOLLOUT;
    return events;
}

/* A descriptor that was closed, and whose number was given out again, leaves the set by itself. */
static int set_events(struct http_loop *loop, int fd, uint32_t events, bool known)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(loop->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    if (errno == EEXIST)
        return epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event);
    if (errno == ENOENT)
        return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    return -1;
}

/* `known` is not NULL for sockets that are in the set already. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
    struct http_loop *loop = ctx;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL); /* it may be closed already */
        curl_multi_assign(loop->multi, fd, NULL);
        return 0;
    }
    if (set_events(loop, fd, events_of(what), known != NULL) != 0) {
        loop->socket_errno = errno;
        return -1;
    }
    if (!known)
        curl_multi_assign(loop->multi, fd, loop);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct http_loop *loop = ctx;
    (void)multi;
    loop->timer_set = timeout_ms >= 0;
    if (loop->timer_set)
        loop->timer = mono_add_ms(clock_mono(loop->options.clock), timeout_ms);
    return 0;
}

/* The stored timer goes first: libcurl sets the next one from within the call, and would
 * otherwise be called for the old one without end. */
static void act_on_timer(struct http_loop *loop)
{
    int running;
    if (!loop->timer_set || mono_since_ns(loop->timer, clock_mono(loop->options.clock)) > 0)
        return;
    loop->timer_set = false;
    curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static void act_on_event(struct http_loop *loop, const struct epoll_event *event)
{
    int running;
    int action = 0;
    if (event->events & EPOLLIN)
        action |= CURL_CSELECT_IN;
    if (event->events & EPOLLOUT)
        action |= CURL_CSELECT_OUT;
    if (event->events & (EPOLLERR | EPOLLHUP))
        action |= CURL_CSELECT_ERR;
    curl_multi_socket_action(loop->multi, event->data.fd, action, &running);
}

static int wait_ms(const struct http_loop *loop, int64_t timeout_ms)
{
    if (loop->timer_set) {
        int64_t left_ns = mono_since_ns(loop->timer, clock_mono(loop->options.clock));
        int64_t left_ms = left_ns > 0 ? (left_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
        if (left_ms < timeout_ms)
            timeout_ms = left_ms;
    }
    return timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX;
}

/* ---- the loop ---- */

static CURLMcode set_multi_options(struct http_loop *loop)
{
    const long connections = (long)loop->options.max_connections;
    CURLMcode c = curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    if (c == CURLM_OK)
        c = curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    if (c == CURLM_OK)
        c = curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    if (c == CURLM_OK)
        c = curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    if (c == CURLM_OK)
        c = curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, connections);
    if (c == CURLM_OK)
        c = curl_multi_setopt(loop->multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
    return c;
}

enum status http_loop_new(const struct http_loop_options *options, struct http_loop **out,
                          struct error *err)
{
    assert(options->max_connections > 0 && options->clock);
    struct http_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the network loop");
    loop->options = *options;
    enum status status = STATUS_OK;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        status = error_set(err, STATUS_IO, "epoll_create1: %s", strerror(errno));
        goto out;
    }
    loop->multi = curl_multi_init();
    if (!loop->multi || set_multi_options(loop) != CURLM_OK)
        status = error_set(err, STATUS_NO_MEMORY, "no memory for libcurl");
out:
    if (status)
        http_loop_free(loop);
    else
        *out = loop;
    return status;
}

void http_loop_free(struct http_loop *loop)
{
    if (!loop)
        return;
    assert(loop->in_flight == 0);
    while (loop->pool) {
        struct http_handle *h = loop->pool;
        loop->pool = h->next;
        handle_free(h);
    }
    if (loop->multi)
        curl_multi_cleanup(loop->multi); /* calls on_socket: before its descriptor goes */
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    free(loop);
}

unsigned http_in_flight(const struct http_loop *loop)
{
    return loop->in_flight;
}

static enum status handle_take(struct http_loop *loop, struct http_handle **out, struct error *err)
{
    if (!loop->pool)
        return handle_new(&loop->options, out, err);
    *out = loop->pool;
    loop->pool = loop->pool->next;
    return STATUS_OK;
}

static void handle_give_back(struct http_loop *loop, struct http_handle *h)
{
    handle_disarm(h);
    h->next = loop->pool;
    loop->pool = h;
}

/* ---- the queue ---- */

/* Ours and not libcurl's, whose deadlines run while a transfer waits. */
static void queue_append(struct http_loop *loop, struct http_exchange *x)
{
    x->queued = true;
    x->queue_next = NULL;
    x->queue_prev = loop->queue_last;
    if (loop->queue_last)
        loop->queue_last->queue_next = x;
    else
        loop->queue_first = x;
    loop->queue_last = x;
}

static void queue_remove(struct http_loop *loop, struct http_exchange *x)
{
    if (x->queue_prev)
        x->queue_prev->queue_next = x->queue_next;
    else
        loop->queue_first = x->queue_next;
    if (x->queue_next)
        x->queue_next->queue_prev = x->queue_prev;
    else
        loop->queue_last = x->queue_prev;
    x->queued = false;
}

/* ---- exchanges ---- */

static void results_reset(struct http_exchange *x)
{
    buf_reset(&x->reply_body);
    buf_reset(&x->reply_headers);
    x->outcome = HTTP_FAILED;
    x->http_status = 0;
    x->into_size = 0;
    x->body_bytes = 0;
    x->sent_bytes = 0;
    x->reused_connection = false;
    x->new_connections = 0;
    x->first_byte_ns = 0;
    x->last_byte_ns = 0;
    x->detail[0] = '\0';
    x->handle = NULL;
    x->queued = false;
}

/* Hands the exchange to libcurl. */
static enum status begin(struct http_loop *loop, struct http_exchange *x, struct error *err)
{
    struct http_handle *h;
    enum status status = handle_take(loop, &h, err);
    if (status)
        return status;
    x->started = clock_mono(loop->options.clock);
    status = handle_arm(h, x, err);
    if (!status && curl_multi_add_handle(loop->multi, h->easy) != CURLM_OK)
        status = error_set(err, STATUS_NO_MEMORY, "libcurl does not take a transfer");
    if (status) {
        handle_give_back(loop, h);
        return status;
    }
    x->handle = h;
    loop->running++;
    return STATUS_OK;
}

enum status http_start(struct http_loop *loop, struct http_exchange *x, struct error *err)
{
    if (x->header_count > HTTP_REQUEST_HEADERS_MAX)
        return error_set(err, STATUS_LIMIT, "a request has more than %d headers",
                         HTTP_REQUEST_HEADERS_MAX);
    if (strlen(x->method) >= HTTP_METHOD_MAX)
        return error_set(err, STATUS_INVALID, "unknown HTTP method %s", x->method);
    results_reset(x);
    if (loop->running < loop->options.max_connections) {
        enum status status = begin(loop, x, err);
        if (status)
            return status;
    } else {
        queue_append(loop, x);
    }
    loop->in_flight++;
    return STATUS_OK;
}

/* Takes the exchange from libcurl, or from the queue. */
static void release(struct http_loop *loop, struct http_exchange *x)
{
    struct http_handle *h = x->handle;
    if (x->queued) {
        queue_remove(loop, x);
    } else {
        curl_multi_remove_handle(loop->multi, h->easy);
        handle_give_back(loop, h);
        loop->running--;
    }
    x->handle = NULL;
    loop->in_flight--;
}

void http_cancel(struct http_loop *loop, struct http_exchange *x)
{
    if (x->handle || x->queued)
        release(loop, x);
}

static void finish(struct http_loop *loop, struct http_handle *h, CURLcode code)
{
    struct http_exchange *x = h->exchange;
    handle_conclude(h, code);
    release(loop, x);
    x->done(x, x->ctx);
}

static void start_queued(struct http_loop *loop)
{
    while (loop->queue_first && loop->running < loop->options.max_connections) {
        struct http_exchange *x = loop->queue_first;
        struct error why;
        queue_remove(loop, x);
        if (begin(loop, x, &why) == STATUS_OK)
            continue;
        loop->in_flight--;
        snprintf(x->detail, sizeof x->detail, "%.*s", (int)sizeof x->detail - 1, why.text);
        x->done(x, x->ctx);
    }
}

/* Tells of every transfer that ended; true when there was one. */
static bool drain(struct http_loop *loop)
{
    bool any = false;
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        void *handle = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&handle);
        finish(loop, handle, code);
        any = true;
    }
    start_queued(loop);
    return any;
}

enum status http_poll(struct http_loop *loop, int64_t timeout_ms, struct error *err)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    act_on_timer(loop); /* what was started since the last time goes out now */
    if (drain(loop))
        timeout_ms = 0; /* something happened */
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, wait_ms(loop, timeout_ms));
    if (count < 0 && errno != EINTR)
        return error_set(err, STATUS_IO, "epoll_wait: %s", strerror(errno));
    for (int i = 0; i < count; i++)
        act_on_event(loop, &events[i]);
    act_on_timer(loop);
    drain(loop);
    if (loop->socket_errno)
        return error_set(err, STATUS_IO, "epoll_ctl: %s", strerror(loop->socket_errno));
    return STATUS_OK;
}

const char *http_reply_header(const struct http_exchange *x, const char *name, size_t *len)
{
    const size_t name_len = strlen(name);
    const char *line = x->reply_headers.data;
    const char *end = line + x->reply_headers.len;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)(newline - line);
        if (line_len >= name_len + 2 && line[name_len] == ':' &&
            memcmp(line, name, name_len) == 0) {
            *len = line_len - name_len - 2;
            return line + name_len + 2;
        }
        line = newline + 1;
    }
    return NULL;
}
