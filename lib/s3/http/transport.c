/* SPDX-License-Identifier: MIT */
/* transport - the event loop: epoll on one side, curl's multi_socket interface on the other. */
#include "lib/s3/http/transport.h"

#include <assert.h>
#include <errno.h>
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
    struct mono timer; /* when curl wants to be called */
    bool timer_set;
    unsigned running;   /* given to curl */
    unsigned in_flight; /* those and the queued ones */
    struct http_handle *pool;
    struct http_handle *queue_first;
    struct http_handle *queue_last;
};

const char *http_outcome_name(enum http_outcome o)
{
    static const char *const names[] = {
        [HTTP_DONE] = "done",
        [HTTP_CONNECT_FAILED] = "connect-failed",
        [HTTP_TLS_FAILED] = "tls-failed",
        [HTTP_TIMEOUT] = "timeout",
        [HTTP_RESET] = "reset",
        [HTTP_TRUNCATED] = "truncated",
        [HTTP_TOO_LARGE] = "too-large",
        [HTTP_FAILED] = "failed",
    };
    return names[o];
}

enum status http_global_init(struct error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, STATUS_NO_MEMORY, "libcurl could not be initialised");
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return error_set(err, STATUS_IO, "SIGPIPE could not be ignored");
    return STATUS_OK;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
    struct http_loop *loop = ctx;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL); /* it may be closed already */
        curl_multi_assign(loop->multi, fd, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = fd};
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    int result =
        epoll_ctl(loop->epoll_fd, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    /* A descriptor number that was closed and opened again behind our back. */
    if (result != 0 && (errno == EEXIST || errno == ENOENT))
        result =
            epoll_ctl(loop->epoll_fd, errno == EEXIST ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (known == NULL)
        curl_multi_assign(loop->multi, fd, loop);
    return result == 0 ? 0 : -1;
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

static CURLMcode set_up_multi(struct http_loop *loop)
{
    const long connections = (long)loop->options.max_connections;
    CURLMcode c = CURLM_OK;
#define SET(option, value) c = c != CURLM_OK ? c : curl_multi_setopt(loop->multi, option, value)
    SET(CURLMOPT_SOCKETFUNCTION, on_socket);
    SET(CURLMOPT_SOCKETDATA, loop);
    SET(CURLMOPT_TIMERFUNCTION, on_timer);
    SET(CURLMOPT_TIMERDATA, loop);
    SET(CURLMOPT_MAX_HOST_CONNECTIONS, connections);
    SET(CURLMOPT_MAXCONNECTS, connections);
    SET(CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
#undef SET
    return c;
}

enum status http_loop_new(const struct http_loop_options *options, struct http_loop **out,
                          struct error *err)
{
    assert(options->max_connections > 0 && options->clock != NULL);
    struct http_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the event loop");
    loop->options = *options;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        free(loop);
        return error_set(err, STATUS_IO, "no event loop: %s", strerror(errno));
    }
    loop->multi = curl_multi_init();
    if (loop->multi == NULL || set_up_multi(loop) != CURLM_OK) {
        http_loop_free(loop);
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the event loop");
    }
    *out = loop;
    return STATUS_OK;
}

void http_loop_free(struct http_loop *loop)
{
    if (loop == NULL)
        return;
    assert(loop->in_flight == 0);
    while (loop->pool != NULL) {
        struct http_handle *h = loop->pool;
        loop->pool = h->next;
        handle_free(h);
    }
    curl_multi_cleanup(loop->multi);
    close(loop->epoll_fd);
    free(loop);
}

unsigned http_in_flight(const struct http_loop *loop)
{
    return loop->in_flight;
}

static enum status take_handle(struct http_loop *loop, struct http_handle **out, struct error *err)
{
    if (loop->pool == NULL)
        return handle_new(loop, &loop->options, out, err);
    *out = loop->pool;
    loop->pool = loop->pool->next;
    return STATUS_OK;
}

static void return_handle(struct http_loop *loop, struct http_handle *h)
{
    handle_disarm(h);
    h->queued = false;
    h->previous = NULL;
    h->next = loop->pool;
    loop->pool = h;
}

static void enqueue(struct http_loop *loop, struct http_handle *h)
{
    h->queued = true;
    h->next = NULL;
    h->previous = loop->queue_last;
    if (loop->queue_last != NULL)
        loop->queue_last->next = h;
    else
        loop->queue_first = h;
    loop->queue_last = h;
}

static void dequeue(struct http_loop *loop, struct http_handle *h)
{
    if (h->previous != NULL)
        h->previous->next = h->next;
    else
        loop->queue_first = h->next;
    if (h->next != NULL)
        h->next->previous = h->previous;
    else
        loop->queue_last = h->previous;
    h->queued = false;
}

static bool begin(struct http_loop *loop, struct http_handle *h)
{
    h->exchange->started = clock_mono(loop->options.clock);
    if (curl_multi_add_handle(loop->multi, h->easy) != CURLM_OK)
        return false;
    loop->running++;
    return true;
}

enum status http_start(struct http_loop *loop, struct http_exchange *x, struct error *err)
{
    struct http_handle *h;
    enum status status = take_handle(loop, &h, err);
    if (status != STATUS_OK)
        return status;
    status = handle_arm(h, x, err);
    if (status != STATUS_OK) {
        return_handle(loop, h);
        return status;
    }
    /* Our own queue: deadlines in curl's would run before a transfer begins. */
    if (loop->running >= loop->options.max_connections) {
        enqueue(loop, h);
    } else if (!begin(loop, h)) {
        return_handle(loop, h);
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a transfer");
    }
    x->handle = h;
    loop->in_flight++;
    return STATUS_OK;
}

void http_cancel(struct http_loop *loop, struct http_exchange *x)
{
    struct http_handle *h = x->handle;
    assert(h != NULL);
    if (h->queued) {
        dequeue(loop, h);
    } else {
        curl_multi_remove_handle(loop->multi, h->easy);
        loop->running--;
    }
    x->handle = NULL;
    loop->in_flight--;
    return_handle(loop, h);
}

static void finish(struct http_loop *loop, struct http_handle *h, CURLcode code)
{
    struct http_exchange *x = h->exchange;
    handle_conclude(h, code);
    curl_multi_remove_handle(loop->multi, h->easy);
    loop->running--;
    loop->in_flight--;
    x->handle = NULL;
    return_handle(loop, h);
    x->done(x, x->ctx);
}

static void start_queued(struct http_loop *loop)
{
    while (loop->queue_first != NULL && loop->running < loop->options.max_connections) {
        struct http_handle *h = loop->queue_first;
        dequeue(loop, h);
        if (begin(loop, h))
            continue;
        struct http_exchange *x = h->exchange;
        handle_conclude(h, CURLE_OUT_OF_MEMORY);
        loop->in_flight--;
        x->handle = NULL;
        return_handle(loop, h);
        x->done(x, x->ctx);
    }
}

static void drain(struct http_loop *loop)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *private_data = NULL;
        const CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private_data);
        finish(loop, (struct http_handle *)(void *)private_data, code);
    }
    start_queued(loop);
}

/* Clears the timer first: curl sets the next one from within the call. */
static void act_on_timer(struct http_loop *loop)
{
    int running;
    if (!loop->timer_set || mono_since_ns(clock_mono(loop->options.clock), loop->timer) < 0)
        return;
    loop->timer_set = false;
    curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static int wait_ms(const struct http_loop *loop, int64_t timeout_ms)
{
    if (!loop->timer_set)
        return (int)timeout_ms;
    const int64_t left_ns = mono_since_ns(loop->timer, clock_mono(loop->options.clock));
    const int64_t left_ms = left_ns <= 0 ? 0 : (left_ns + NS_PER_MS - 1) / NS_PER_MS;
    return (int)(left_ms < timeout_ms ? left_ms : timeout_ms);
}

static int action_of(uint32_t events)
{
    int action = 0;
    if (events & EPOLLIN)
        action |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        action |= CURL_CSELECT_OUT;
    if (events & (EPOLLERR | EPOLLHUP))
        action |= CURL_CSELECT_ERR;
    return action;
}

enum status http_poll(struct http_loop *loop, int64_t timeout_ms, struct error *err)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    const int count = epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, wait_ms(loop, timeout_ms));
    if (count < 0 && errno != EINTR)
        return error_set(err, STATUS_IO, "waiting for the network failed: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        int running;
        curl_multi_socket_action(loop->multi, events[i].data.fd, action_of(events[i].events),
                                 &running);
    }
    act_on_timer(loop);
    drain(loop);
    return STATUS_OK;
}

const char *http_reply_header(const struct http_exchange *x, const char *name, size_t *len)
{
    const size_t name_len = strlen(name);
    const char *line = x->reply_headers.data;
    const char *end = line + x->reply_headers.len;
    while (line < end) {
        const char *eol = memchr(line, '\n', (size_t)(end - line));
        if (eol == NULL)
            break;
        if ((size_t)(eol - line) >= name_len + 2 && memcmp(line, name, name_len) == 0 &&
            line[name_len] == ':') {
            *len = (size_t)(eol - line) - name_len - 2;
            return line + name_len + 2;
        }
        line = eol + 1;
    }
    return NULL;
}
