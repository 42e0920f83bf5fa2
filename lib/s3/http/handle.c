/* SPDX-License-Identifier: MIT */
/* handle - what libcurl is told, and what is made of its answers. */
#include "lib/s3/http/handle.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES 65536L

static bool is_final_success(const struct http_handle *h)
{
    long status = 0;
    curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct http_handle *h = ctx;
    struct http_exchange *x = h->exchange;
    const size_t len = size * count;
    x->body_bytes += len;
    if (x->into != NULL && is_final_success(h)) {
        if (len > x->into_capacity - x->into_size) {
            h->too_large = true;
            return 0;
        }
        memcpy((char *)x->into + x->into_size, data, len);
        x->into_size += len;
        return len;
    }
    buf_append(&x->reply_body, data, len);
    h->too_large = x->reply_body.failed != STATUS_OK;
    return h->too_large ? 0 : len;
}

/* A new status line: what an interim reply or a replayed attempt left behind goes. */
static void restart_reply(struct http_handle *h)
{
    struct http_exchange *x = h->exchange;
    buf_reset(&x->reply_headers);
    buf_reset(&x->reply_body);
    x->into_size = 0;
    x->body_bytes = 0;
    h->content_length = -1;
    h->lengths_conflict = false;
}

static void note_length(struct http_handle *h, const char *value)
{
    char *end;
    const long long length = strtoll(value, &end, 10);
    if (end == value || length < 0 ||
        (h->content_length >= 0 && h->content_length != (int64_t)length))
        h->lengths_conflict = true;
    h->content_length = (int64_t)length;
}

static void append_header(struct buf *out, const char *line, size_t name_len, size_t len)
{
    char name[128];
    if (name_len >= sizeof name)
        return; /* no header of S3 is called that */
    for (size_t i = 0; i < name_len; i++)
        name[i] = (char)tolower((unsigned char)line[i]);
    size_t start = name_len + 1;
    while (start < len && (line[start] == ' ' || line[start] == '\t'))
        start++;
    buf_append(out, name, name_len);
    buf_append(out, ": ", 2);
    buf_append(out, line + start, len - start);
    buf_append_char(out, '\n');
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct http_handle *h = ctx;
    struct buf *out = &h->exchange->reply_headers;
    size_t len = size * count;
    const size_t whole = len;
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
        len--;
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        restart_reply(h);
        return whole;
    }
    const char *colon = memchr(line, ':', len);
    if (colon == NULL)
        return whole;
    const size_t before = out->len;
    append_header(out, line, (size_t)(colon - line), len);
    static const char length_name[] = "content-length: ";
    if (out->failed == STATUS_OK && out->len - before > sizeof length_name &&
        memcmp(out->data + before, length_name, sizeof length_name - 1) == 0)
        note_length(h, out->data + before + sizeof length_name - 1);
    h->too_large = out->failed != STATUS_OK;
    return h->too_large ? 0 : whole;
}

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
    struct http_handle *h = ctx;
    const uint64_t left = h->exchange->body_size - h->sent;
    const size_t len = left < size * count ? (size_t)left : size * count;
    if (len > 0)
        memcpy(to, (const char *)h->exchange->body + h->sent, len);
    h->sent += len;
    h->exchange->sent_bytes += len;
    return len;
}

/* libcurl replays an upload on a new connection when a kept one turns out dead. */
static int on_seek(void *ctx, curl_off_t offset, int origin)
{
    struct http_handle *h = ctx;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > h->exchange->body_size)
        return CURL_SEEKFUNC_FAIL;
    h->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* The options that never change. */
static CURLcode set_up(struct http_handle *h, const struct http_loop_options *o)
{
    CURL *e = h->easy;
    CURLcode c = CURLE_OK;
#define SET(option, value) c = c != CURLE_OK ? c : curl_easy_setopt(e, option, value)
    SET(CURLOPT_PRIVATE, h);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PROTOCOLS_STR, "http,https"); /* http only where the endpoint says so itself */
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_FAILONERROR, 0L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_BUFFERSIZE, BUFFER_BYTES);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, h);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, h);
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, h);
    SET(CURLOPT_SEEKFUNCTION, on_seek);
    SET(CURLOPT_SEEKDATA, h);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_MAXCONNECTS, (long)o->max_connections);
    if (o->ca_bundle != NULL)
        SET(CURLOPT_CAINFO, o->ca_bundle);
#undef SET
    return c;
}

enum status handle_new(struct http_loop *loop, const struct http_loop_options *options,
                       struct http_handle **out, struct error *err)
{
    struct http_handle *h = calloc(1, sizeof *h);
    if (h == NULL || (h->easy = curl_easy_init()) == NULL) {
        free(h);
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a transfer");
    }
    h->loop = loop;
    const CURLcode code = set_up(h, options);
    if (code != CURLE_OK) {
        handle_free(h);
        return error_set(err, STATUS_INVALID, "libcurl cannot be set up: %s",
                         curl_easy_strerror(code));
    }
    *out = h;
    return STATUS_OK;
}

void handle_free(struct http_handle *h)
{
    if (h == NULL)
        return;
    curl_slist_free_all(h->headers);
    curl_easy_cleanup(h->easy);
    free(h);
}

static enum status copy_headers(struct http_handle *h, const struct http_exchange *x,
                                struct error *err)
{
    /* Empty Expect: no waiting for 100 Continue, which some servers never send. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; list != NULL && i < x->header_count; i++) {
        struct curl_slist *longer = curl_slist_append(list, x->headers[i]);
        if (longer == NULL) {
            curl_slist_free_all(list);
            list = NULL;
        } else {
            list = longer;
        }
    }
    if (list == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a request's headers");
    h->headers = list;
    return STATUS_OK;
}

static CURLcode set_method(CURL *e, const struct http_exchange *x)
{
    CURLcode c = curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
    if (strcmp(x->method, "HEAD") == 0)
        return c != CURLE_OK ? c : curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    const bool uploads =
        x->body != NULL || strcmp(x->method, "PUT") == 0 || strcmp(x->method, "POST") == 0;
    if (c == CURLE_OK && uploads)
        c = curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
    if (c == CURLE_OK && uploads)
        c = curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->body_size);
    if (c == CURLE_OK)
        c = curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, x->method);
    return c;
}

static CURLcode set_exchange(struct http_handle *h, const struct http_exchange *x)
{
    CURL *e = h->easy;
    CURLcode c = CURLE_OK;
    const long stall_s = (long)((x->stall_timeout_ms + 999) / 1000);
#define SET(option, value) c = c != CURLE_OK ? c : curl_easy_setopt(e, option, value)
    SET(CURLOPT_CUSTOMREQUEST, NULL);
    SET(CURLOPT_UPLOAD, 0L);
    SET(CURLOPT_NOBODY, 0L);
    c = c != CURLE_OK ? c : set_method(e, x);
    SET(CURLOPT_URL, x->url);
    SET(CURLOPT_HTTPHEADER, h->headers);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)x->connect_timeout_ms);
    SET(CURLOPT_TIMEOUT_MS, (long)x->total_timeout_ms);
    SET(CURLOPT_LOW_SPEED_TIME, stall_s);
    SET(CURLOPT_FRESH_CONNECT, (long)x->fresh_connect);
    SET(CURLOPT_PROXY, x->proxy);
#undef SET
    return c;
}

enum status handle_arm(struct http_handle *h, struct http_exchange *x, struct error *err)
{
    enum status status = copy_headers(h, x, err);
    if (status != STATUS_OK)
        return status;
    h->exchange = x;
    h->sent = 0;
    h->too_large = false;
    restart_reply(h);
    x->sent_bytes = 0;
    x->detail[0] = '\0';
    const CURLcode code = set_exchange(h, x);
    if (code == CURLE_OK)
        return STATUS_OK;
    handle_disarm(h);
    return error_set(err, STATUS_INVALID, "the request cannot be made: %s",
                     curl_easy_strerror(code));
}

void handle_disarm(struct http_handle *h)
{
    h->exchange = NULL;
    curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(h->headers);
    h->headers = NULL;
}

static enum http_outcome outcome_of(const struct http_handle *h, CURLcode code)
{
    if (h->too_large)
        return HTTP_TOO_LARGE;
    switch (code) {
    case CURLE_OK:
        return HTTP_DONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return HTTP_CONNECT_FAILED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        return HTTP_TLS_FAILED;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMEOUT;
    case CURLE_PARTIAL_FILE:
        return HTTP_TRUNCATED;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
        return HTTP_RESET;
    default:
        return HTTP_FAILED;
    }
}

static int64_t info_ns(CURL *easy, CURLINFO info)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy, info, &us);
    return (int64_t)us * NS_PER_US;
}

void handle_conclude(struct http_handle *h, CURLcode code)
{
    struct http_exchange *x = h->exchange;
    long status = 0;
    long connects = 0;
    curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(h->easy, CURLINFO_NUM_CONNECTS, &connects);
    x->http_status = (int)status;
    x->new_connections = (unsigned)connects;
    x->reused_connection = connects == 0 && status != 0;
    x->first_byte_ns = info_ns(h->easy, CURLINFO_STARTTRANSFER_TIME_T);
    x->last_byte_ns = info_ns(h->easy, CURLINFO_TOTAL_TIME_T);
    x->outcome = outcome_of(h, code);
    const bool has_body = strcmp(x->method, "HEAD") != 0 && status != 204 && status != 304;
    if (x->outcome == HTTP_DONE && has_body && h->content_length >= 0 &&
        (h->lengths_conflict || (uint64_t)h->content_length != x->body_bytes))
        x->outcome = HTTP_TRUNCATED; /* libcurl calls both OK */
    if (x->outcome != HTTP_DONE)
        snprintf(x->detail, sizeof x->detail, "%s",
                 code != CURLE_OK ? curl_easy_strerror(code)
                                  : "the body is not as long as its Content-Length");
}
