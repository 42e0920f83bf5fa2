/* SPDX-License-Identifier: MIT */
/* wire - see wire.h. */
#include "tests/support/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/date.h"
#include "tests/support/unit.h"

#define WIRE_MAX       (64u << 20)
#define TIMEOUT_S      30
#define READ_BYTES     65536
#define AMZ_HEADER_MAX 32
#define LINE_MAX       2048

static const char region[] = "us-east-1";

void wire_open(struct wire *w, const char *url, const struct s3_server_key *key)
{
    *w = (struct wire){.fd = -1, .key = key};
    snprintf(w->host, sizeof w->host, "%s", url + strlen("http://"));
    w->port = (unsigned)strtoul(strrchr(url, ':') + 1, NULL, 10);
    buf_init(&w->in, WIRE_MAX);
}

void wire_reserve(struct wire *w)
{
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(w->fd >= 0);
    w->reserved = true;
}

static void wire_connect(struct wire *w)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)w->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    buf_reset(&w->in);
    if (!w->reserved)
        wire_reserve(w);
    w->reserved = false;
    assert_int_equal(setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout), 0);
    assert_int_equal(connect(w->fd, (const struct sockaddr *)&address, sizeof address), 0);
}

void wire_close(struct wire *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    buf_release(&w->in);
}

void answer_release(struct answer *a)
{
    buf_release(&a->head);
    buf_release(&a->body);
    *a = (struct answer){.status = 0};
}

void wire_send_raw(struct wire *w, const void *data, size_t len)
{
    if (w->fd < 0 || w->reserved)
        wire_connect(w);
    for (const char *p = data; len > 0;) {
        const ssize_t n = send(w->fd, p, len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the answer, or its absence, tells */
        p += n;
        len -= (size_t)n;
    }
}

/* The headers that are signed. Values live in `lines`. */
struct signing {
    struct sigv4_pair pairs[AMZ_HEADER_MAX];
    size_t count;
    struct buf lines; /* "name\0value\0" */
    const char *payload;
};

static void signing_add(struct signing *s, const char *name, size_t name_len, const char *value,
                        size_t value_len)
{
    assert_true(s->count < AMZ_HEADER_MAX);
    const size_t at = s->lines.len;
    buf_append(&s->lines, name, name_len);
    buf_append_char(&s->lines, '\0');
    buf_append(&s->lines, value, value_len);
    buf_append_char(&s->lines, '\0');
    s->pairs[s->count++] =
        (struct sigv4_pair){s->lines.data + at, s->lines.data + at + name_len + 1};
}

static void signing_collect(struct signing *s, const char *headers)
{
    for (const char *p = headers; *p != '\0';) {
        const size_t len = strcspn(p, "\n");
        const size_t name_len = strcspn(p, ":");
        if (strncasecmp(p, "x-amz-", 6) == 0) {
            const char *value = p + name_len + 1 + (p[name_len + 1] == ' ');
            signing_add(s, p, name_len, value, (size_t)(p + len - value));
            if (strncasecmp(p, "x-amz-content-sha256", name_len) == 0)
                s->payload = s->pairs[s->count - 1].value;
        }
        p += len + (p[len] == '\n');
    }
}

/* Appends the headers that make a request a signed one. */
static void append_signature(struct wire *w, const char *method, const char *target,
                             const char *headers, const char *payload_hex, struct buf *out)
{
    const int64_t now = wall_unix_s(clock_wall(clock_system()));
    const struct sigv4_scope scope = {.unix_s = now, .region = region, .service = "s3"};
    struct signing s = {.count = 0};
    char date[17];
    char path[LINE_MAX * 4];
    const size_t path_len = strcspn(target, "?");
    assert_true(path_len < sizeof path);
    memcpy(path, target, path_len);
    path[path_len] = '\0';
    buf_init(&s.lines, WIRE_MAX);
    assert_non_null(buf_reserve(&s.lines, LINE_MAX * 8)); /* so that nothing moves */
    date_format_amz(date, now);
    signing_collect(&s, headers);
    signing_add(&s, "host", 4, w->host, strlen(w->host));
    signing_add(&s, "x-amz-date", 10, date, strlen(date));
    buf_printf(out, "x-amz-date: %s\r\n", date);
    if (s.payload == NULL) {
        signing_add(&s, "x-amz-content-sha256", 20, payload_hex, strlen(payload_hex));
        s.payload = payload_hex;
        buf_printf(out, "x-amz-content-sha256: %s\r\n", payload_hex);
    }
    const struct sigv4_request request = {.method = method,
                                          .encoded_path = path,
                                          .encoded_query =
                                              target[path_len] ? target + path_len + 1 : "",
                                          .headers = s.pairs,
                                          .header_count = s.count,
                                          .payload_sha256 = s.payload};
    w->scope = scope;
    sigv4_key_derive(w->key->secret_access_key, &scope, &w->signing_key);
    buf_append_str(out, "Authorization: ");
    assert_ok(
        sigv4_authorization(&request, &scope, w->key->access_key_id, &w->signing_key, out, NULL),
        NULL);
    snprintf(w->signature, sizeof w->signature, "%s",
             out->data + out->len - (SIGV4_SIGNATURE_SIZE - 1));
    buf_append_str(out, "\r\n");
    buf_release(&s.lines);
}

void wire_send(struct wire *w, const char *method, const char *target, const char *headers,
               const void *body, size_t len)
{
    struct buf out;
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    if (headers == NULL)
        headers = "";
    buf_init(&out, WIRE_MAX);
    buf_printf(&out, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, w->host);
    for (const char *p = headers; *p != '\0';) {
        const size_t line = strcspn(p, "\n");
        buf_append(&out, p, line);
        buf_append_str(&out, "\r\n");
        p += line + (p[line] == '\n');
    }
    if (strstr(headers, "Content-Length:") == NULL &&
        strstr(headers, "Transfer-Encoding:") == NULL &&
        (len > 0 || strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0))
        buf_printf(&out, "Content-Length: %zu\r\n", len);
    sha256(body != NULL ? body : "", len, digest);
    hex_encode(digest, sizeof digest, hex);
    if (w->key != NULL)
        append_signature(w, method, target, headers, hex, &out);
    buf_append_str(&out, "\r\n");
    if (len > 0)
        buf_append(&out, body, len);
    assert_ok(buf_status(&out, "request", NULL), NULL);
    wire_send_raw(w, out.data, out.len);
    buf_release(&out);
}

/* Reads more; false when the connection has ended. */
static bool read_more(struct wire *w)
{
    char *to = buf_reserve(&w->in, READ_BYTES);
    assert_non_null(to);
    const ssize_t n = recv(w->fd, to, READ_BYTES, 0);
    if (n <= 0)
        return false;
    buf_commit(&w->in, (size_t)n);
    return true;
}

static void wire_consume(struct wire *w, size_t len)
{
    memmove(w->in.data, w->in.data + len, w->in.len - len);
    buf_truncate(&w->in, w->in.len - len);
}

static bool receive_head(struct wire *w, struct answer *a)
{
    const char *end;
    while ((end = w->in.len > 0 ? strstr(w->in.data, "\r\n\r\n") : NULL) == NULL)
        if (!read_more(w))
            return false;
    const size_t len = (size_t)(end - w->in.data) + 2;
    buf_append(&a->head, w->in.data, len);
    wire_consume(w, len + 2);
    a->status = (int)strtol(a->head.data + strlen("HTTP/1.1 "), NULL, 10);
    return true;
}

void wire_receive(struct wire *w, bool head_only, struct answer *a)
{
    char length[32];
    *a = (struct answer){.status = 0};
    buf_init(&a->head, WIRE_MAX);
    buf_init(&a->body, WIRE_MAX);
    bool open = receive_head(w, a);
    if (open && a->status == 100) {
        buf_reset(&a->head);
        open = receive_head(w, a);
    }
    const size_t expected = strtoul(answer_header(a, "Content-Length", length, 32), NULL, 10);
    while (open && !head_only && w->in.len < expected)
        open = read_more(w);
    if (a->status != 0 && !head_only) {
        const size_t got = w->in.len < expected ? w->in.len : expected;
        buf_append(&a->body, w->in.data, got);
        wire_consume(w, got);
        a->cut = got < expected;
    }
    answer_element(a, "Code", a->code, sizeof a->code);
    if (!open || strstr(a->head.data, "Connection: close") != NULL) {
        close(w->fd);
        w->fd = -1;
    }
}

void wire_ask(struct wire *w, const char *method, const char *target, const char *headers,
              const void *body, size_t len, struct answer *a)
{
    answer_release(a);
    wire_send(w, method, target, headers, body, len);
    wire_receive(w, strcmp(method, "HEAD") == 0, a);
}

/* Copies what stands between `start` and the next of `ends`. */
static const char *copy_until(const char *start, const char *ends, char *out, size_t room)
{
    const size_t len = strcspn(start, ends);
    snprintf(out, room, "%.*s", (int)len, start);
    return out;
}

const char *answer_header(const struct answer *a, const char *name, char *out, size_t room)
{
    char line[128];
    snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *found = a->head.len > 0 ? strstr(a->head.data, line) : NULL;
    return copy_until(found != NULL ? found + strlen(line) : "", "\r", out, room);
}

const char *answer_element(const struct answer *a, const char *name, char *out, size_t room)
{
    char tag[128];
    snprintf(tag, sizeof tag, "<%s>", name);
    const char *found = a->body.len > 0 ? strstr(a->body.data, tag) : NULL;
    return copy_until(found != NULL ? found + strlen(tag) : "", "<", out, room);
}
