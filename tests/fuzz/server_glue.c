/* SPDX-License-Identifier: MIT */
/* server_glue - see server_glue.h. The server's own HTTP thread has nothing to do meanwhile. */
#include "tests/fuzz/server_glue.h"

#include <string.h>

#include "bench/server/pipeline.h"

#define MEMORY_LIMIT (16u << 20)

struct s3_server *glue_server(void)
{
    static struct s3_server *server;
    const struct s3_server_options options = {.memory_limit_bytes = MEMORY_LIMIT};
    if (server != NULL)
        return server;
    FUZZ_MUST(s3_server_start(&options, &server, NULL) == STATUS_OK);
    FUZZ_MUST(s3_server_make_bucket(server, "bucket", NULL) == STATUS_OK);
    FUZZ_MUST(s3_server_put(server, "bucket", "key", "content", 7, NULL, NULL) == STATUS_OK);
    return server;
}

void glue_ask(struct s3_server *s, const struct glue_request *asked)
{
    struct request *r = pipeline_arrived(s, asked->target);
    FUZZ_MUST(r != NULL);
    r->method = asked->method;
    for (size_t i = 0; i < asked->header_count; i++)
        FUZZ_MUST(request_add_header(r, asked->headers[i].name, asked->headers[i].value));
    r->stage = STAGE_RECEIVED;
    if (pipeline_headers(r, asked->body_len, false) == PIPELINE_READ_BODY && asked->body_len > 0) {
        const size_t half = asked->body_len / 2;
        pipeline_body(r, asked->body, half);
        pipeline_body(r, asked->body + half, asked->body_len - half);
    }
    FUZZ_MUST(pipeline_advance(r) == PIPELINE_REPLY);
    const struct s3_server_reply *reply = &r->reply.shown;
    FUZZ_MUST(reply->status >= 200 && reply->status < 600 && reply->status != 500);
    FUZZ_MUST(strlen(reply->headers.data) == reply->headers.len); /* no NUL got in */
    pipeline_finished(r);
}
