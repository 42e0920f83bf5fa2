/* SPDX-License-Identifier: MIT */
/*
 * httpd - libmicrohttpd's callbacks. The library calls httpd_access once with the headers, then with
 * pieces of the body, then without any, and again after each resume.
 *
 * Signatures cover the raw request target, which only the URI log callback gets to see: the `url`
 * argument of the handler is decoded and stops at "%00".
 */
#include "bench/server/httpd.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "bench/server/pipeline.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/base/date.h"
#include "lib/base/units.h"

/* Holds request line and headers, then pieces of the body, then the reply's headers. The library
 * zeroes it after each request, so more than is needed costs: 64 KiB were a tenth of a GET, and with
 * a thousand connections none of it is in the cache. 16 KiB do not hold the longest request. */
#define CONNECTION_MEMORY_BYTES (20u << 10)
#define SPOILT_BLOCK_BYTES      (16u << 10)
#define TRICKLES_A_SECOND       50 /* of a slowed-down body */
#define CONNECTION_TIMEOUT_S    300u
#define CONNECTIONS_MAX         60000u
#define SPARE_DESCRIPTORS       64u /* for everything that is not a connection */
#define BACKLOG                 4096u

struct httpd {
    struct MHD_Daemon *daemon;
    struct s3_server *server;
    uint64_t connections;
};

struct connection {
    uint64_t number;
    uint64_t requests;
};

static void *httpd_arrived(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct httpd *h = cls;
    struct request *r = pipeline_arrived(h->server, uri);
    if (r == NULL)
        return NULL;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    r->connection = connection;
    struct connection *c = info != NULL ? info->socket_context : NULL;
    if (c != NULL) {
        r->connection_number = c->number;
        r->first_of_connection = c->requests++ == 0;
    }
    return r;
}

/* Paths and queries are taken apart elsewhere, from what was sent; to decode them here as well would
 * be in vain. */
static size_t leave_escaped(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return strlen(text);
}

static void httpd_connected(void *cls, struct MHD_Connection *connection, void **socket_context,
                            enum MHD_ConnectionNotificationCode toe)
{
    struct httpd *h = cls;
    (void)connection;
    if (toe != MHD_CONNECTION_NOTIFY_STARTED) {
        free(*socket_context);
        *socket_context = NULL;
        return;
    }
    struct connection *c = calloc(1, sizeof *c);
    if (c != NULL) /* otherwise its requests have connection number 0 in the log */
        c->number = ++h->connections;
    *socket_context = c;
    pthread_mutex_lock(&h->server->lock);
    h->server->stats.connections++;
    pthread_mutex_unlock(&h->server->lock);
}

static enum MHD_Result collect_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct request *r = cls;
    (void)kind;
    if (request_add_header(r, name, value != NULL ? value : ""))
        return MHD_YES;
    r->refused = CODE_REQUEST_HEADER_TOO_LARGE;
    return MHD_NO;
}

/* The library's own Date gives way to one that is there. */
static void add_shifted_date(struct MHD_Response *response, const struct request *r)
{
    struct buf date;
    buf_init(&date, 64);
    date_append_http(&date, wall_unix_s(r->arrived_wall) + r->clock_shift_s);
    MHD_add_response_header(response, "Date", date.data);
    buf_release(&date);
}

/* Cuts "Name: value\n" lines in place and hands them over. */
static void add_headers(struct MHD_Response *response, struct request *r)
{
    char id[REQUEST_ID_SIZE];
    request_id(r, id);
    MHD_add_response_header(response, "x-amz-request-id", id);
    MHD_add_response_header(response, "x-amz-id-2", REPLY_HOST_ID);
    MHD_add_response_header(response, "Server", "s3-bench");
    if (r->clock_shift_s != 0)
        add_shifted_date(response, r);
    char *p = r->reply.shown.headers.data;
    for (char *end; r->reply.shown.headers.len > 0 && (end = strchr(p, '\n')) != NULL;
         p = end + 1) {
        *end = '\0';
        char *colon = strchr(p, ':');
        if (colon == NULL)
            continue;
        *colon = '\0';
        colon += 1 + strspn(colon + 1, " ");
        /* The library refuses an empty value; one of white space is the same to a client. */
        MHD_add_response_header(response, p, *colon != '\0' ? colon : " ");
    }
}

static int socket_of(const struct request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info != NULL ? info->connect_fd : -1;
}

struct copying {
    char *out;
};

static void copy_slice(void *ctx, const struct slice *piece)
{
    struct copying *c = ctx;
    memcpy(c->out, piece->chunk->data + piece->offset, piece->len);
    c->out += piece->len;
}

/* Bodies that are not simply sent: cut, stalled, slowed down or spoilt. */

static void copy_piece(const struct reply *reply, uint64_t at, char *out, size_t n)
{
    if (reply->object == NULL) {
        memcpy(out, reply->shown.body.data + at, n);
    } else {
        struct copying c = {.out = out};
        object_pieces(reply->object, reply->offset + at, n, copy_slice, &c);
    }
    const uint64_t spoilt = reply->shown.corrupt_at;
    if (spoilt >= at && spoilt - at < n)
        out[spoilt - at] = (char)~out[spoilt - at];
}

/* How many bytes may have been sent by now. */
static uint64_t bytes_allowed(const struct request *r)
{
    const uint64_t rate = r->reply.shown.bytes_per_s;
    if (rate == 0)
        return UINT64_MAX;
    const double passed_s = mono_since_s(clock_mono(clock_system()), r->reply_started);
    return 1 + (uint64_t)(passed_s * (double)rate);
}

/* When byte `at` may go out, and a few more with it, so that not every byte is waited for. */
static struct mono byte_due(const struct request *r, uint64_t at)
{
    const uint64_t rate = r->reply.shown.bytes_per_s;
    const double due_s = (double)at / (double)rate + 1.0 / TRICKLES_A_SECOND;
    return (struct mono){r->reply_started.ns + (int64_t)(due_s * (double)NS_PER_S) + 1};
}

/* Everything so far is with the socket. The library alone would close only at the connection's next
 * event when not one byte of the body was read. */
static ssize_t end_early(const struct request *r)
{
    (void)shutdown(socket_of(r), SHUT_RDWR);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* Suspended until the client has gone; the call after that ends the reply. */
static ssize_t stall(struct request *r)
{
    if (r->stage == STAGE_DROPPED)
        return end_early(r);
    r->stage = STAGE_DROPPED;
    r->watch = WATCH_CLIENT_GONE;
    r->watch_end = mono_add_ms(clock_mono(clock_system()), S3_SERVER_HOLD_MAX_MS);
    httpd_suspend(r);
    if (server_watch(r->server, r) != 0)
        httpd_resume(r);
    return 0;
}

static ssize_t pause_until(struct request *r, struct mono due)
{
    httpd_suspend(r);
    if (delay_queue_add(r->server->delays, due, r) != 0) { /* the server is stopping */
        httpd_resume(r);
        return end_early(r);
    }
    return 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The promised length is whole even when the connection closes half-way. */
static ssize_t read_spoilt(void *cls, uint64_t at, char *out, size_t room)
{
    struct request *r = cls;
    const struct s3_server_reply *shown = &r->reply.shown;
    if (at >= shown->cut_after)
        return end_early(r);
    if (at >= shown->stall_after)
        return stall(r);
    const uint64_t allowed = bytes_allowed(r);
    if (at >= allowed)
        return pause_until(r, byte_due(r, at));
    const uint64_t end =
        least(least(r->reply_len, shown->cut_after), least(shown->stall_after, allowed));
    const size_t n = (size_t)least(end - at, room);
    copy_piece(&r->reply, at, out, n);
    r->sent_bytes = at + n;
    return (ssize_t)n;
}

struct vector {
    struct MHD_IoVec *pieces;
    unsigned count;
};

static void vector_add(void *ctx, const struct slice *piece)
{
    struct vector *v = ctx;
    v->pieces[v->count++] =
        (struct MHD_IoVec){.iov_base = piece->chunk->data + piece->offset, .iov_len = piece->len};
}

/* The bytes stay where they are: the request holds the object until its last byte is sent. */
static struct MHD_Response *object_response(const struct reply *reply)
{
    const struct object *o = reply->object;
    if (o->slice_count == 1) {
        const struct slice *s = &o->slices[0];
        return MHD_create_response_from_buffer(
            (size_t)reply->len, s->chunk->data + s->offset + reply->offset, MHD_RESPMEM_PERSISTENT);
    }
    struct vector v = {.pieces = calloc(o->slice_count + 1, sizeof *v.pieces)};
    if (v.pieces == NULL)
        return NULL;
    object_pieces(o, reply->offset, reply->len, vector_add, &v);
    struct MHD_Response *response = MHD_create_response_from_iovec(v.pieces, v.count, NULL, NULL);
    free(v.pieces);
    return response;
}

static bool is_spoilt(const struct s3_server_reply *shown, uint64_t len)
{
    return shown->cut_after < len || shown->stall_after < len || shown->corrupt_at < len ||
           shown->bytes_per_s != 0;
}

static struct MHD_Response *make_response(struct request *r)
{
    struct reply *reply = &r->reply;
    const int status = reply->shown.status;
    if (reply->object == NULL && reply->shown.shorten_to < reply->shown.body.len)
        buf_truncate(&reply->shown.body, (size_t)reply->shown.shorten_to);
    if (reply->shown.shorten_to < reply->len)
        reply->len = reply->shown.shorten_to;
    uint64_t len = reply->object != NULL ? reply->len : reply->shown.body.len;
    if (status == 204 || status == 304)
        len = 0;
    const bool has_body = strcmp(r->method, "HEAD") != 0;
    r->reply_len = len;
    r->sent_bytes = has_body ? len : 0;
    if (has_body && len > 0 && is_spoilt(&reply->shown, len)) {
        r->sent_bytes = 0;
        r->reply_started = clock_mono(clock_system());
        return MHD_create_response_from_callback(len, SPOILT_BLOCK_BYTES, read_spoilt, r, NULL);
    }
    if (reply->object != NULL && len > 0)
        return object_response(reply);
    return MHD_create_response_from_buffer((size_t)len, reply->shown.body.data,
                                           MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct request *r)
{
    struct MHD_Response *response = make_response(r);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, r);
    const enum MHD_Result queued =
        MHD_queue_response(connection, (unsigned)r->reply.shown.status, response);
    MHD_destroy_response(response);
    return queued;
}

/* Linux answers a connect to no address with a reset of the connection; the library's own close
 * would end it in order first. */
static void reset_connection(const struct request *r)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    const int fd = socket_of(r);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    (void)connect(fd, &nowhere, sizeof nowhere);
}

static enum MHD_Result advance(struct MHD_Connection *connection, struct request *r)
{
    switch (pipeline_advance(r)) {
    case PIPELINE_REPLY:
        return send_reply(connection, r);
    case PIPELINE_WAIT:
        return MHD_YES;
    case PIPELINE_RESET:
        reset_connection(r);
        break;
    case PIPELINE_CLOSE:
        break;
    }
    r->reply.shown.status = 0;
    return MHD_NO;
}

static enum MHD_Result first_call(struct MHD_Connection *connection, struct request *r,
                                  const char *method)
{
    uint64_t content_length = UINT64_MAX;
    r->method = method;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, collect_header, r);
    const char *text = request_header(r, "content-length");
    if (text != NULL && uint_parse(text, 0, UINT64_MAX - 1, &content_length, NULL) != STATUS_OK)
        r->refused = CODE_MISSING_CONTENT_LENGTH;
    const bool expects = request_header(r, "expect") != NULL;
    r->stage = STAGE_RECEIVED;
    if (pipeline_headers(r, content_length, expects) == PIPELINE_REPLY_EARLY)
        return advance(connection, r);
    return MHD_YES;
}

static enum MHD_Result httpd_access(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version,
                                    const char *upload_data, size_t *upload_data_size,
                                    void **request)
{
    struct request *r = *request;
    (void)cls, (void)url, (void)version;
    if (r == NULL || r->stage == STAGE_DROPPED)
        return MHD_NO;
    if (r->stage == STAGE_RECEIVING)
        return first_call(connection, r, method);
    if (*upload_data_size > 0) {
        pipeline_body(r, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return MHD_YES;
    }
    return advance(connection, r);
}

static void httpd_completed(void *cls, struct MHD_Connection *connection, void **request,
                            enum MHD_RequestTerminationCode toe)
{
    struct request *r = *request;
    (void)cls, (void)connection;
    if (r == NULL)
        return;
    *request = NULL;
    /* The client learns of it when it sends its next request. */
    if (r->reply.shown.close_idle && toe == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        (void)shutdown(socket_of(r), SHUT_RDWR);
    pipeline_finished(r);
}

void httpd_suspend(struct request *r)
{
    MHD_suspend_connection(r->connection);
}

void httpd_resume(struct request *r)
{
    MHD_resume_connection(r->connection);
}

bool httpd_client_gone(const struct request *r)
{
    char byte;
    const ssize_t n = recv(socket_of(r), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* As many descriptors as the process may have; returns how many connections that allows. */
static unsigned raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 512;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = before;
    if (limit.rlim_cur > CONNECTIONS_MAX + SPARE_DESCRIPTORS)
        return CONNECTIONS_MAX;
    return limit.rlim_cur > 2 * SPARE_DESCRIPTORS ? (unsigned)limit.rlim_cur - SPARE_DESCRIPTORS
                                                  : SPARE_DESCRIPTORS;
}

static enum status daemon_start(struct httpd *h, const struct addrinfo *address, struct error *err)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
    if (address->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    h->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, httpd_access, h, MHD_OPTION_SOCK_ADDR, address->ai_addr,
        MHD_OPTION_URI_LOG_CALLBACK, httpd_arrived, h, MHD_OPTION_NOTIFY_COMPLETED, httpd_completed,
        h, MHD_OPTION_NOTIFY_CONNECTION, httpd_connected, h, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
        MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_LIMIT,
        raise_descriptor_limit(), MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG, MHD_OPTION_END);
    if (h->daemon == NULL)
        return error_set(err, STATUS_IO, "cannot listen: the address is in use or not allowed");
    return STATUS_OK;
}

static void url_write(const struct httpd *h, const char *host, char *url, size_t size)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
    const unsigned port = info != NULL ? info->port : 0;
    snprintf(url, size, strchr(host, ':') != NULL ? "http://[%s]:%u" : "http://%s:%u", host, port);
}

enum status httpd_start(struct s3_server *s, const char *host, uint16_t port, struct httpd **out,
                        char *url, size_t url_size, struct error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *address = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    const int failed = getaddrinfo(host, service, &hints, &address);
    if (failed != 0)
        return error_set(err, STATUS_INVALID, "cannot listen on '%s': %s", host,
                         gai_strerror(failed));
    enum status status = STATUS_NO_MEMORY;
    struct httpd *h = calloc(1, sizeof *h);
    if (h == NULL) {
        error_set(err, status, "no memory for the HTTP server");
        goto out;
    }
    h->server = s;
    status = daemon_start(h, address, err);
    if (status != STATUS_OK) {
        error_prefix(err, "%s:%u", host, (unsigned)port);
        free(h);
        goto out;
    }
    url_write(h, host, url, url_size);
    *out = h;
out:
    freeaddrinfo(address);
    return status;
}

void httpd_stop(struct httpd *h)
{
    if (h == NULL)
        return;
    MHD_stop_daemon(h->daemon);
    free(h);
}
