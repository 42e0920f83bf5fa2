/* SPDX-License-Identifier: MIT */
/*
 * fuzz_request - request lines and headers: "METHOD target", a line for each header, an empty line,
 * the body. All of it goes through the embedded server's pipeline, and its signature is checked
 * besides, against keys that the server does not have.
 */
#include <string.h>

#include "bench/server/auth.h"
#include "tests/fuzz/server_glue.h"

#define NOW INT64_C(1369353600) /* 20130524T000000Z */

/* Cuts off the next line; NULL when there is none. */
static char *cut_line(char **rest)
{
    char *line = *rest, *end = strchr(line, '\n');
    if (end == NULL)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

static bool read_request(char *text, size_t size, struct glue_request *out)
{
    const char *all = text;
    char *line = cut_line(&text);
    char *space = line != NULL ? strchr(line, ' ') : NULL;
    if (space == NULL)
        return false;
    *space = '\0';
    *out = (struct glue_request){.method = line, .target = space + 1};
    while ((line = cut_line(&text)) != NULL && line[0] != '\0') {
        char *colon = strchr(line, ':');
        if (colon == NULL || out->header_count == GLUE_HEADERS_MAX)
            return false;
        *colon = '\0';
        out->headers[out->header_count++] =
            (struct sigv4_pair){line, colon + 1 + strspn(colon + 1, " ")};
    }
    out->body = (const uint8_t *)text;
    out->body_len = size - (size_t)(text - all);
    return true;
}

static void check_signature(const struct glue_request *asked)
{
    static const struct s3_server_key keys[] = {
        {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL},
        {"ASIATEMPORARY", "secret", "token"}};
    static struct auth *auth;
    struct auth_result result;
    struct buf target, evidence;
    if (auth == NULL)
        auth = auth_new(keys, 2, "us-east-1");
    FUZZ_MUST(auth != NULL);
    buf_init(&target, REQUEST_TARGET_MAX);
    buf_init(&evidence, 1u << 20);
    buf_append_str(&target, asked->target);
    char *question = target.len > 0 ? strchr(target.data, '?') : NULL;
    if (question != NULL)
        *question = '\0';
    const struct auth_request request = {.method = asked->method,
                                         .path = target.data,
                                         .query = question != NULL ? question + 1 : "",
                                         .headers = asked->headers,
                                         .header_count = asked->header_count};
    (void)auth_verify(auth, &request, NOW, &evidence, &result);
    buf_release(&target);
    buf_release(&evidence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct glue_request asked;
    char *text = malloc(size + 1);
    FUZZ_MUST(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (read_request(text, size, &asked)) {
        check_signature(&asked);
        glue_ask(glue_server(), &asked);
    }
    free(text);
    return 0;
}
