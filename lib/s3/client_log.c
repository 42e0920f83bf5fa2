/* SPDX-License-Identifier: MIT */
/* client_log - what is asked and answered, one line each, for -v. No secret gets in here. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/s3/client_private.h"

#define LINE_MAX_BYTES 8192
#define HIDDEN         "(hidden)"

static const char *const secret_headers[] = {
    "Authorization:",
    "x-amz-security-token:",
    "x-amz-server-side-encryption-customer-key:",
    "x-amz-copy-source-server-side-encryption-customer-key:",
};
static const char *const secret_parameters[] = {
    "X-Amz-Signature=",
    "X-Amz-Security-Token=",
    "X-Amz-Credential=",
};

static const char *secret_start(const char *text, const char *const *starts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strncasecmp(text, starts[i], strlen(starts[i])) == 0)
            return starts[i];
    }
    return NULL;
}

static void append_header(struct buf *out, const char *line)
{
    const char *secret =
        secret_start(line, secret_headers, sizeof secret_headers / sizeof secret_headers[0]);
    buf_printf(out, "%s%s", secret ? secret : line, secret ? " " HIDDEN : "");
}

static void append_url(struct buf *out, const char *url)
{
    const char *query = strchr(url, '?');
    size_t len = query ? (size_t)(query - url) + 1 : strlen(url);
    buf_append(out, url, len);
    for (const char *p = url + len; *p; p += len) {
        const char *secret = secret_start(p, secret_parameters,
                                          sizeof secret_parameters / sizeof secret_parameters[0]);
        len = strcspn(p, "&");
        if (secret)
            buf_printf(out, "%s" HIDDEN, secret);
        else
            buf_append(out, p, len);
        if (p[len] == '&') {
            buf_append_char(out, '&');
            len++;
        }
    }
}

static void emit(const struct s3_client *c, struct buf *line)
{
    /* A line that is too long to build is not worth failing for. */
    if (line->failed == STATUS_OK)
        c->options.log(c->options.log_ctx, line->data);
    buf_reset(line);
}

void client_log_attempt(const struct s3_request *rq)
{
    const struct s3_client *c = rq->client;
    struct buf line;
    if (!c->options.log)
        return;
    buf_init(&line, LINE_MAX_BYTES);
    buf_printf(&line, "> %s, attempt %u of %u: %s ", s3_op_name(rq->op), rq->attempt,
               c->options.max_attempts, rq->exchange.method);
    append_url(&line, rq->exchange.url);
    emit(c, &line);
    for (size_t i = 0; i < rq->exchange.header_count; i++) {
        buf_append_str(&line, ">   ");
        append_header(&line, rq->exchange.headers[i]);
        emit(c, &line);
    }
    buf_release(&line);
}

void client_log_verdict(const struct s3_request *rq, const struct verdict *v)
{
    const struct s3_client *c = rq->client;
    const struct http_exchange *x = &rq->exchange;
    struct buf line;
    if (!c->options.log)
        return;
    buf_init(&line, LINE_MAX_BYTES);
    buf_printf(&line, "< %s, attempt %u: ", s3_op_name(rq->op), rq->attempt);
    if (x->outcome == HTTP_DONE)
        buf_printf(&line, "HTTP %d%s%s", x->http_status, v->s3.code[0] ? " " : "", v->s3.code);
    else
        buf_printf(&line, "%s (%s)", http_outcome_name(x->outcome), x->detail);
    buf_printf(&line, ", %" PRIu64 " bytes, %" PRId64 " us, %s connection: ", x->body_bytes,
               x->last_byte_ns / NS_PER_US, x->reused_connection ? "kept" : "new");
    append_url(&line, x->url);
    if (v->s3.request_id[0])
        buf_printf(&line, ", request %s", v->s3.request_id);
    emit(c, &line);
    buf_release(&line);
}
