/* SPDX-License-Identifier: MIT */
/*
 * bare_loop - the yardstick: the same requests with nothing but libcurl's socket_action and epoll,
 * presigned, bodies thrown away, no retries, no checks. What the engine costs is told against this.
 *
 *     bare_loop [-c CONCURRENCY] < urls          as presign_jobs prints them
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "tests/perf/jobs.h"

struct loop {
    CURLM *multi;
    int epoll_fd;
    long timer_ms; /* -1: none */
    struct mono timer_set;
    const char *body;
    struct curl_slist *headers;
    size_t failures;
    uint64_t bytes;
};

struct upload {
    const char *at;
    size_t left;
};
struct transfer {
    CURL *easy;
    struct loop *loop;
    struct upload upload;
};

/* curl fixes this signature. NOLINTNEXTLINE(readability-non-const-parameter) */
static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    (void)data;
    t->loop->bytes += size * count;
    return size * count;
}

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
    struct upload *u = ctx;
    size_t n = u->left < size * count ? u->left : size * count;
    memcpy(to, u->at, n);
    u->at += n;
    u->left -= n;
    return n;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
    struct loop *loop = ctx;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    int change = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    epoll_ctl(loop->epoll_fd, what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL : change, fd, &event);
    curl_multi_assign(loop->multi, fd, what == CURL_POLL_REMOVE ? NULL : loop);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct loop *loop = ctx;
    (void)multi;
    loop->timer_ms = timeout_ms;
    loop->timer_set = clock_mono(clock_system());
    return 0;
}

static void transfer_start(struct transfer *t, const struct job *job)
{
    bool put = strcmp(job->word[0], "GET") != 0 && strcmp(job->word[0], "LIST") != 0;
    t->upload = (struct upload){t->loop->body, jobs_size(job->word[2])};
    curl_easy_setopt(t->easy, put ? CURLOPT_UPLOAD : CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->upload.left);
    curl_easy_setopt(t->easy, CURLOPT_URL, job->word[1]);
    curl_multi_add_handle(t->loop->multi, t->easy);
}

static void transfer_init(struct transfer *t, struct loop *loop)
{
    t->loop = loop;
    t->easy = curl_easy_init();
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, (void *)t);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, loop->headers);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, (void *)t);
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, (void *)&t->upload);
}

/* The transfer that just ended, or NULL. */
static struct transfer *transfer_ended(struct loop *loop)
{
    int left;
    long status = 0;
    struct transfer *t = NULL;
    CURLMsg *message = curl_multi_info_read(loop->multi, &left);
    if (!message)
        return NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    loop->failures += message->data.result != CURLE_OK || status > 299;
    curl_multi_remove_handle(loop->multi, t->easy);
    return t;
}

static void loop_turn(struct loop *loop)
{
    struct epoll_event events[64];
    int running;
    long waited_ms = (long)(mono_since_s(clock_mono(clock_system()), loop->timer_set) * 1000);
    int wait_ms = loop->timer_ms < 0 ? 1000 : (int)(loop->timer_ms - waited_ms);
    int n = epoll_wait(loop->epoll_fd, events, 64, wait_ms > 0 ? wait_ms : 0);
    for (int i = 0; i < n; i++) {
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
        curl_multi_socket_action(loop->multi, events[i].data.fd, what, &running);
    }
    if (loop->timer_ms >= 0 && wait_ms <= 0) {
        loop->timer_ms = -1;
        curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

static void run(struct loop *loop, const struct jobs *jobs, unsigned concurrency)
{
    static struct transfer transfers[JOB_FLIGHT_MAX];
    struct transfer *t;
    size_t next = 0;
    for (size_t i = 0; i < concurrency; i++)
        transfer_init(&transfers[i], loop);
    for (; next < concurrency && next < jobs->count; next++)
        transfer_start(&transfers[next], &jobs->all[next]);
    for (size_t done = 0; done < jobs->count;) {
        loop_turn(loop);
        for (; (t = transfer_ended(loop)); done++) {
            if (next < jobs->count)
                transfer_start(t, &jobs->all[next++]);
        }
    }
    for (size_t i = 0; i < concurrency; i++)
        curl_easy_cleanup(transfers[i].easy);
}

int main(int argc, char **argv)
{
    struct loop loop = {.timer_ms = -1, .body = jobs_body()};
    struct jobs jobs;
    struct measure measure;
    (void)argc;
    unsigned concurrency = jobs_concurrency(&argv);
    jobs_read(&jobs);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    loop.headers = curl_slist_append(NULL, "Expect:");
    loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop.multi = curl_multi_init();
    curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(loop.multi, CURLMOPT_SOCKETDATA, &loop);
    curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(loop.multi, CURLMOPT_TIMERDATA, &loop);
    curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, (long)concurrency);
    measure_start(&measure);
    run(&loop, &jobs, concurrency);
    measure_print(&measure, "bare_loop", concurrency, jobs.count, loop.failures, loop.bytes);
    curl_multi_cleanup(loop.multi);
    curl_slist_free_all(loop.headers);
    jobs_free(&jobs);
    return loop.failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
