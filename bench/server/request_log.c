/* SPDX-License-Identifier: MIT */
/* request_log - see request_log.h. */
#include "bench/server/request_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/tool/json.h"

#define FLUSH_BYTES (256u << 10)
#define BUFFER_MAX  (2 * FLUSH_BYTES)

struct request_log {
    int fd;
    struct buf pending;
};

enum status request_log_open(const char *path, struct request_log **out, struct error *err)
{
    struct request_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the request log");
    log->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (log->fd < 0) {
        free(log);
        return error_set(err, STATUS_IO, "cannot write the request log '%s': %s", path,
                         strerror(errno));
    }
    buf_init(&log->pending, BUFFER_MAX);
    *out = log;
    return STATUS_OK;
}

/* A log that cannot be written (disk full) is cut; requests are served all the same. */
static void flush_pending(struct request_log *log)
{
    const char *p = log->pending.data;
    for (size_t left = log->pending.len; left > 0;) {
        const ssize_t n = write(log->fd, p, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        p += n;
        left -= (size_t)n;
    }
    buf_reset(&log->pending);
}

void request_log_write(struct request_log *log, const struct request *r, int64_t service_ns)
{
    struct json j;
    json_init(&j, &log->pending, false);
    json_begin_object(&j, NULL);
    json_u64(&j, "sequence", r->shown.sequence);
    json_micro(&j, "time", r->arrived_wall.unix_ns / NS_PER_US);
    json_str(&j, "access_key", r->shown.access_key_id);
    json_str(&j, "operation", r->shown.operation);
    json_str(&j, "bucket", r->shown.bucket);
    json_str(&j, "key", r->shown.key);
    json_i64(&j, "status", r->reply.shown.status);
    json_u64(&j, "bytes", r->sent_bytes);
    json_u64(&j, "bytes_in", r->body.received);
    json_u64(&j, "connection", r->connection_number);
    json_u64(&j, "attempt", r->shown.attempt);
    json_u64(&j, "in_flight", r->in_flight);
    json_i64(&j, "drawn_us", r->drawn_ns / NS_PER_US);
    json_i64(&j, "actual_us", r->actual_ns / NS_PER_US);
    json_i64(&j, "service_us", service_ns / NS_PER_US);
    json_str(&j, "fault", r->fault_name[0] != '\0' ? r->fault_name : NULL);
    json_end(&j);
    buf_append_char(&log->pending, '\n');
    if (log->pending.len >= FLUSH_BYTES)
        flush_pending(log);
}

void request_log_close(struct request_log *log)
{
    if (log == NULL)
        return;
    flush_pending(log);
    close(log->fd);
    buf_release(&log->pending);
    free(log);
}
