/* SPDX-License-Identifier: MIT */
/* handle - see handle.h. */
#include "lib/s3/http/handle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STALL_BYTES_PER_S 1L /* slower than this counts as no progress */
#define LINE_NAME_MAX     256

/* ---- the reply's head ---- */

/* An interim reply, or a replay on a new connection, leaves nothing behind. */
static void head_restart(struct http_handle *h, const char *line, size_t len)
{
    struct http_exchange *x = h->exchange;
    const char *space = memchr(line, ' ', len);
    h->head = (struct reply_head){.content_length = -1, .bytes = h->head.bytes};
    for (const char *p = space ? space + 1 : line + len; p < line + len; p++) {
        if (*p < '0' || *p > '9')
            break;
        h->head.status = h->head.status * 10 + (*p - '0');
        if (h->head.status > 999)
            break;
    }
    buf_reset(&x->reply_headers);
    buf_reset(&x->reply_body);
    x->into_size = 0;
    x->body_bytes = 0;
}

static void head_note_length(struct reply_head *head, const char *value, size_t len)
{
    int64_t length = 0;
    bool is_number = len > 0;
    for (size_t i = 0; i < len; i++) {
        is_number = is_number && value[i] >= '0' && value[i] <= '9' && length < INT64_MAX / 10 - 9;
        if (!is_number)
            break;
        length = length * 10 + (value[i] - '0');
    }
    if (!is_number || (head->content_length >= 0 && head->content_length != length))
        head->lengths_differ = true;
    else
        head->content_length = length;
}

static bool name_is(const char *name, size_t len, const char *wanted)
{
    return len == strlen(wanted) && strncasecmp(name, wanted, len) == 0;
}

static void head_note_line(struct http_handle *h, const char *line, size_t len)
{
    struct buf *out = &h->exchange->reply_headers;
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon ? (size_t)(colon - line) : 0;
    if (name_len == 0 || name_len > LINE_NAME_MAX)
        return; /* nothing that anyone asks for */
    size_t at = name_len + 1;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    if (name_is(line, name_len, "content-length"))
        head_note_length(&h->head, line + at, len - at);
    else if (name_is(line, name_len, "transfer-encoding"))
        h->head.chunked = true;
    char *to = buf_reserve(out, len + 2);
    if (!to)
        return;
    for (size_t i = 0; i < name_len; i++)
        to[i] = line[i] >= 'A' && line[i] <= 'Z' ? (char)(line[i] - 'A' + 'a') : line[i];
    to[name_len] = ':';
    to[name_len + 1] = ' ';
    memcpy(to + name_len + 2, line + at, len - at);
    to[name_len + 2 + len - at] = '\n';
    buf_commit(out, name_len + 3 + len - at);
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct http_handle *h = ctx;
    const size_t whole = size * count;
    size_t len = whole;
    h->head.bytes += whole;
    if (h->head.bytes > HTTP_HEADERS_MAX) {
        h->too_large = true;
        return 0;
    }
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
        len--;
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
        head_restart(h, line, len);
    else if (len == 0)
        h->head.finished = true;
    else if (!h->head.finished)
        head_note_line(h, line, len);
    h->too_large = h->exchange->reply_headers.failed != STATUS_OK;
    return h->too_large ? 0 : whole;
}

/* ---- bodies ---- */

static bool is_success(int status)
{
    return status >= 200 && status < 300;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct http_handle *h = ctx;
    struct http_exchange *x = h->exchange;
    const size_t len = size * count;
    x->body_bytes += len;
    if (!x->into || !is_success(h->head.status)) {
        buf_append(&x->reply_body, data, len);
        h->too_large = x->reply_body.failed != STATUS_OK;
    } else if (len > x->into_capacity - x->into_size) {
        h->too_large = true;
    } else {
        memcpy((char *)x->into + x->into_size, data, len);
        x->into_size += len;
    }
    return h->too_large ? 0 : len;
}

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
    struct http_handle *h = ctx;
    struct http_exchange *x = h->exchange;
    const uint64_t left = x->body_size - h->read_at;
    const size_t len = left < size * count ? (size_t)left : size * count;
    if (len > 0)
        memcpy(to, (const char *)x->body + h->read_at, len);
    h->read_at += len;
    x->sent_bytes += len;
    return len;
}

/* libcurl starts an upload over when the kept connection that it chose turns out dead. */
static int on_seek(void *ctx, curl_off_t offset, int origin)
{
    struct http_handle *h = ctx;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > h->exchange->body_size)
        return CURL_SEEKFUNC_FAIL;
    h->read_at = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* Connection notes only: headers and bodies, which hold secrets, are never handed on. */
static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *ctx)
{
    struct http_handle *h = ctx;
    char line[512];
    (void)easy;
    if (type != CURLINFO_TEXT)
        return 0;
    while (size > 0 && (data[size - 1] == '\n' || data[size - 1] == '\r'))
        size--;
    int shown = size < sizeof line - 16 ? (int)size : (int)sizeof line - 16;
    snprintf(line, sizeof line, "curl: %.*s", shown, data);
    h->options->log(h->options->log_ctx, line);
    return 0;
}

/* ---- what libcurl is told ---- */

/* Sets an option unless an earlier one failed; `c` keeps the first failure. */
#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (c == CURLE_OK)                                                                         \
            c = curl_easy_setopt(h->easy, option, value);                                          \
    } while (0)

static CURLcode set_protocol(struct http_handle *h)
{
    CURLcode c = CURLE_OK;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* Whether plain http is allowed is decided where the endpoint is read. */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_FAILONERROR, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (h->options->ca_bundle)
        SET(CURLOPT_CAINFO, h->options->ca_bundle);
    SET(CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES_PER_S);
    return c;
}

static CURLcode set_callbacks(struct http_handle *h)
{
    CURLcode c = CURLE_OK;
    SET(CURLOPT_PRIVATE, (void *)h);
    SET(CURLOPT_ERRORBUFFER, h->error_text);
    SET(CURLOPT_NOPROGRESS, 1L);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, (void *)h);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, (void *)h);
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, (void *)h);
    SET(CURLOPT_SEEKFUNCTION, on_seek);
    SET(CURLOPT_SEEKDATA, (void *)h);
    if (h->options->verbose_to_log && h->options->log) {
        SET(CURLOPT_DEBUGFUNCTION, on_debug);
        SET(CURLOPT_DEBUGDATA, (void *)h);
        SET(CURLOPT_VERBOSE, 1L);
    }
    return c;
}

/* HTTPGET undoes HEAD and PUT; CUSTOMREQUEST then names what libcurl has no option for. */
static CURLcode set_method(struct http_handle *h, const char *method)
{
    CURLcode c = CURLE_OK;
    if (strcmp(h->method, method) == 0)
        return c;
    h->method[0] = '\0';
    SET(CURLOPT_HTTPGET, 1L);
    SET(CURLOPT_CUSTOMREQUEST, (char *)NULL);
    if (strcmp(method, "HEAD") == 0)
        SET(CURLOPT_NOBODY, 1L);
    else if (strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0)
        SET(CURLOPT_UPLOAD, 1L);
    if (strcmp(method, "POST") == 0 || strcmp(method, "DELETE") == 0)
        SET(CURLOPT_CUSTOMREQUEST, method);
    if (c == CURLE_OK)
        snprintf(h->method, sizeof h->method, "%s", method);
    return c;
}

static CURLcode set_deadlines(struct http_handle *h, const struct http_exchange *x)
{
    CURLcode c = CURLE_OK;
    if (h->connect_timeout_ms != x->connect_timeout_ms)
        SET(CURLOPT_CONNECTTIMEOUT_MS, (long)x->connect_timeout_ms);
    if (h->stall_timeout_ms != x->stall_timeout_ms)
        SET(CURLOPT_LOW_SPEED_TIME, (long)((x->stall_timeout_ms + 999) / 1000));
    if (h->total_timeout_ms != x->total_timeout_ms)
        SET(CURLOPT_TIMEOUT_MS, (long)x->total_timeout_ms);
    h->connect_timeout_ms = x->connect_timeout_ms;
    h->stall_timeout_ms = x->stall_timeout_ms;
    h->total_timeout_ms = x->total_timeout_ms;
    return c;
}

static CURLcode set_exchange(struct http_handle *h, const struct http_exchange *x)
{
    CURLcode c = set_method(h, x->method);
    if (c == CURLE_OK)
        c = set_deadlines(h, x);
    SET(CURLOPT_URL, x->url);
    SET(CURLOPT_HTTPHEADER, h->lines);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->body_size);
    if (h->fresh_connect != x->fresh_connect)
        SET(CURLOPT_FRESH_CONNECT, (long)x->fresh_connect);
    h->fresh_connect = x->fresh_connect;
    if (x->proxy || h->has_proxy)
        SET(CURLOPT_PROXY, x->proxy);
    h->has_proxy = x->proxy != NULL;
    return c;
}

/* The list's nodes are ours and its texts the exchange's: libcurl only reads them. */
static void link_lines(struct http_handle *h, const struct http_exchange *x)
{
    /* No waiting for "100 Continue", which some servers never send. */
    h->lines[0].data = (char *)"Expect:";
    for (size_t i = 0; i < x->header_count; i++) {
        h->lines[i + 1].data = (char *)x->headers[i];
        h->lines[i].next = &h->lines[i + 1];
    }
    h->lines[x->header_count].next = NULL;
}

enum status handle_new(const struct http_loop_options *options, struct http_handle **out,
                       struct error *err)
{
    struct http_handle *h = calloc(1, sizeof *h);
    if (h)
        h->easy = curl_easy_init();
    if (!h || !h->easy) {
        free(h);
        return error_set(err, STATUS_NO_MEMORY, "no memory for a transfer");
    }
    h->options = options;
    CURLcode c = set_protocol(h);
    if (c == CURLE_OK)
        c = set_callbacks(h);
    if (c != CURLE_OK) {
        handle_free(h);
        return error_set(err, STATUS_INVALID, "libcurl refuses an option: %s",
                         curl_easy_strerror(c));
    }
    *out = h;
    return STATUS_OK;
}

void handle_free(struct http_handle *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->easy);
    free(h);
}

enum status handle_arm(struct http_handle *h, struct http_exchange *x, struct error *err)
{
    h->exchange = x;
    h->head = (struct reply_head){.content_length = -1};
    h->too_large = false;
    h->read_at = 0;
    h->error_text[0] = '\0';
    link_lines(h, x);
    CURLcode c = set_exchange(h, x);
    if (c == CURLE_OK)
        return STATUS_OK;
    handle_disarm(h);
    enum status status = c == CURLE_OUT_OF_MEMORY ? STATUS_NO_MEMORY : STATUS_INVALID;
    return error_set(err, status, "libcurl refuses a request: %s", curl_easy_strerror(c));
}

void handle_disarm(struct http_handle *h)
{
    h->exchange = NULL;
}

/* ---- what is made of its answers ---- */

static enum http_outcome outcome_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return HTTP_DONE;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR: /* mostly a peer that broke off */
        return HTTP_CONNECT_FAILED;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return HTTP_TLS_FAILED;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMEOUT;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
        return HTTP_RESET;
    case CURLE_PARTIAL_FILE:
        return HTTP_TRUNCATED;
    default:
        return HTTP_FAILED;
    }
}

/* Why a reply that libcurl calls good is not provably whole, or NULL. */
static const char *framing_fault(const struct http_handle *h)
{
    const struct http_exchange *x = h->exchange;
    const struct reply_head *head = &h->head;
    if (head->lengths_differ)
        return "the reply has Content-Length headers that contradict each other";
    if (!head->finished)
        return "the connection closed within the reply's headers";
    if (strcmp(x->method, "HEAD") == 0 || head->status == 204 || head->status == 304)
        return NULL;
    if (head->chunked)
        return NULL;
    if (head->content_length >= 0)
        return (uint64_t)head->content_length == x->body_bytes
                   ? NULL
                   : "the reply's body is not as long as its Content-Length";
    return is_success(head->status) ? "the reply does not say how long its body is" : NULL;
}

static int64_t info_ns(CURL *easy, CURLINFO info)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy, info, &us);
    return (int64_t)us * NS_PER_US;
}

static void conclude_outcome(struct http_handle *h, CURLcode code)
{
    struct http_exchange *x = h->exchange;
    const char *detail = h->error_text[0] != '\0' ? h->error_text : curl_easy_strerror(code);
    x->outcome = outcome_of(code);
    if (h->too_large) {
        x->outcome = HTTP_TOO_LARGE;
        detail = h->head.finished ? "the reply's body is larger than it may be"
                                  : "the reply's headers are larger than they may be";
    } else if (code == CURLE_OK) {
        detail = framing_fault(h);
        x->outcome = detail ? HTTP_TRUNCATED : HTTP_DONE;
    }
    snprintf(x->detail, sizeof x->detail, "%s", x->outcome == HTTP_DONE ? "" : detail);
}

void handle_conclude(struct http_handle *h, CURLcode code)
{
    struct http_exchange *x = h->exchange;
    long connects = 0;
    curl_easy_getinfo(h->easy, CURLINFO_NUM_CONNECTS, &connects);
    x->http_status = h->head.status;
    x->new_connections = (unsigned)connects;
    x->reused_connection = connects == 0 && h->head.status != 0;
    x->first_byte_ns = h->head.status ? info_ns(h->easy, CURLINFO_STARTTRANSFER_TIME_T) : 0;
    x->last_byte_ns = info_ns(h->easy, CURLINFO_TOTAL_TIME_T);
    conclude_outcome(h, code);
}
