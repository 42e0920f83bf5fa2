/* SPDX-License-Identifier: MIT */
/* aws_chunked - a state machine over lines and counted data. */
#include "bench/server/aws_chunked.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hash.h"

#define SIGNATURE_FIELD   "chunk-signature="
#define SIGNATURE_TRAILER "x-amz-trailer-signature"
#define SIGNATURE_LENGTH  (SIGV4_SIGNATURE_SIZE - 1)
#define TO_SIGN_MAX       1024
#define SIZE_DIGITS_MAX   15 /* hexadecimal: less than 2^60 */

enum state {
    STATE_SIZE,     /* in the line that opens a chunk */
    STATE_DATA,     /* in its data */
    STATE_DATA_END, /* in the CR LF behind it */
    STATE_TRAILER,  /* in a line behind the last chunk; an empty one ends the body */
    STATE_DONE,
};

struct aws_chunked {
    enum state state;
    enum code failed;
    bool is_signed, has_trailer;
    bool trailer_signed; /* its signature came, and was right */
    uint64_t left;       /* of the content */
    uint64_t chunk_left;
    uint64_t chunk_size;
    struct sigv4_scope scope;
    struct sigv4_key key;
    char previous[SIGV4_SIGNATURE_SIZE]; /* signature of the chunk before, first of the request */
    char claimed[SIGV4_SIGNATURE_SIZE];  /* of the chunk that is being read */
    struct hash *chunk_hash;
    struct buf to_sign;
    struct buf line;     /* the one that is being read */
    struct buf trailers; /* "name:value\n" */
    size_t trailer_count;
};

struct aws_chunked *aws_chunked_new(void)
{
    struct aws_chunked *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    buf_init(&d->line, AWS_CHUNKED_LINE_MAX);
    buf_init(&d->trailers, AWS_CHUNKED_TRAILERS_MAX);
    buf_init(&d->to_sign, TO_SIGN_MAX);
    if (hash_new(HASH_SHA256, &d->chunk_hash, NULL) != STATUS_OK) {
        free(d);
        return NULL;
    }
    return d;
}

void aws_chunked_free(struct aws_chunked *d)
{
    if (d == NULL)
        return;
    hash_free(d->chunk_hash);
    buf_release(&d->line);
    buf_release(&d->trailers);
    buf_release(&d->to_sign);
    sigv4_key_release(&d->key);
    free(d);
}

void aws_chunked_start(struct aws_chunked *d, const struct aws_chunked_options *options)
{
    d->state = STATE_SIZE;
    d->failed = CODE_NONE;
    d->is_signed = options->key != NULL;
    d->has_trailer = options->has_trailer;
    d->trailer_signed = false;
    d->left = options->decoded_size;
    d->chunk_left = d->chunk_size = 0;
    d->trailer_count = 0;
    buf_reset(&d->line);
    buf_reset(&d->trailers);
    if (options->key == NULL)
        return;
    d->scope = options->scope;
    d->key = *options->key;
    snprintf(d->previous, sizeof d->previous, "%s", options->seed_signature);
    hash_restart(d->chunk_hash);
}

/* A signature is compared with the one of d->to_sign, and becomes the previous one. */
static enum code check_signature(struct aws_chunked *d, const char *claimed)
{
    if (d->to_sign.failed != STATUS_OK)
        return CODE_INTERNAL_ERROR;
    sigv4_signature(&d->key, d->to_sign.data, d->to_sign.len, d->previous);
    return equal_constant_time(claimed, d->previous, SIGNATURE_LENGTH)
               ? CODE_NONE
               : CODE_SIGNATURE_DOES_NOT_MATCH;
}

static enum code check_chunk(struct aws_chunked *d)
{
    uint8_t digest[SHA256_SIZE];
    if (!d->is_signed)
        return CODE_NONE;
    hash_finish(d->chunk_hash, digest);
    hash_restart(d->chunk_hash);
    buf_reset(&d->to_sign);
    sigv4_chunk_string_to_sign(&d->scope, d->previous, digest, &d->to_sign);
    return check_signature(d, d->claimed);
}

static enum code check_trailers(struct aws_chunked *d, const char *claimed)
{
    uint8_t digest[SHA256_SIZE];
    if (!d->is_signed || d->trailer_signed || strlen(claimed) != SIGNATURE_LENGTH)
        return CODE_MALFORMED_TRAILER;
    sha256(d->trailers.data, d->trailers.len, digest);
    buf_reset(&d->to_sign);
    sigv4_trailer_string_to_sign(&d->scope, d->previous, digest, &d->to_sign);
    d->trailer_signed = true;
    return check_signature(d, claimed);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "10000;chunk-signature=ad80...8648", or the number alone where chunks are not signed. */
static enum code read_size(struct aws_chunked *d, const char *line)
{
    uint64_t size = 0;
    size_t digits = 0;
    for (; hex_digit(line[digits]) >= 0; digits++) {
        if (digits == SIZE_DIGITS_MAX)
            return CODE_INCOMPLETE_BODY;
        size = size << 4 | (uint64_t)hex_digit(line[digits]);
    }
    const char *rest = line + digits;
    if (d->is_signed) {
        static const char field[] = ";" SIGNATURE_FIELD;
        if (strncmp(rest, field, sizeof field - 1) != 0)
            return CODE_INCOMPLETE_BODY;
        rest += sizeof field - 1;
        if (strlen(rest) != SIGNATURE_LENGTH)
            return CODE_INCOMPLETE_BODY;
        memcpy(d->claimed, rest, SIGV4_SIGNATURE_SIZE);
    } else if (*rest != '\0') {
        return CODE_INCOMPLETE_BODY;
    }
    if (digits == 0 || size > d->left || (size == 0 && d->left > 0))
        return CODE_INCOMPLETE_BODY;
    if (size > 0 && d->chunk_size > 0 && d->chunk_size < AWS_CHUNKED_CHUNK_MIN)
        return CODE_INVALID_CHUNK_SIZE; /* the one before was not the last */
    d->chunk_size = d->chunk_left = size;
    d->state = size > 0 ? STATE_DATA : STATE_TRAILER;
    return size > 0 ? CODE_NONE : check_chunk(d);
}

/* "name:value", kept with its name in lower case and without blanks around the value. */
static enum code read_trailer(struct aws_chunked *d, char *line)
{
    char *colon = strchr(line, ':');
    if (!d->has_trailer || colon == NULL || colon == line)
        return CODE_MALFORMED_TRAILER;
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        value[--len] = '\0';
    for (char *p = line; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    if (strcmp(line, SIGNATURE_TRAILER) == 0)
        return check_trailers(d, value);
    if (d->trailer_signed)
        return CODE_MALFORMED_TRAILER; /* one that is not signed */
    buf_printf(&d->trailers, "%s:%s\n", line, value);
    d->trailer_count++;
    return d->trailers.failed == STATUS_OK ? CODE_NONE : CODE_MALFORMED_TRAILER;
}

/* Some clients end trailers with LF CR LF, as the documentation's example does; so an empty line
 * before the signature ends nothing. */
static enum code end_trailers(struct aws_chunked *d)
{
    if (d->is_signed && d->has_trailer && !d->trailer_signed)
        return d->trailer_count > 0 ? CODE_NONE : CODE_MALFORMED_TRAILER;
    d->state = STATE_DONE;
    return CODE_NONE;
}

static enum code take_line(struct aws_chunked *d)
{
    struct buf *line = &d->line;
    const bool has_cr = line->len > 0 && line->data[line->len - 1] == '\r';
    if (has_cr)
        buf_truncate(line, line->len - 1);
    enum code code = CODE_INCOMPLETE_BODY;
    if (memchr(line->data, '\0', line->len) != NULL)
        ; /* stays so: no line of this form has one */
    else if (d->state == STATE_SIZE)
        code = has_cr ? read_size(d, line->data) : CODE_INCOMPLETE_BODY;
    else if (line->len == 0)
        code = end_trailers(d);
    else
        code = read_trailer(d, line->data);
    buf_reset(line);
    return code;
}

/* Takes bytes up to the end of a line; returns how many. */
static size_t feed_line(struct aws_chunked *d, const char *data, size_t len)
{
    const char *end = memchr(data, '\n', len);
    const size_t n = end != NULL ? (size_t)(end - data) : len;
    buf_append(&d->line, data, n);
    if (d->line.failed != STATUS_OK)
        d->failed = CODE_INCOMPLETE_BODY;
    if (end == NULL)
        return n;
    if (d->failed == CODE_NONE)
        d->failed = take_line(d);
    return n + 1;
}

static size_t feed_data(struct aws_chunked *d, const char *data, size_t len, aws_chunked_sink *sink,
                        void *ctx)
{
    const size_t n = len < d->chunk_left ? len : (size_t)d->chunk_left;
    sink(ctx, data, n);
    if (d->is_signed)
        hash_update(d->chunk_hash, data, n);
    d->chunk_left -= n;
    d->left -= n;
    if (d->chunk_left == 0) {
        d->state = STATE_DATA_END;
        d->failed = check_chunk(d);
    }
    return n;
}

static size_t feed_data_end(struct aws_chunked *d, char c)
{
    if (c == '\r' && d->line.len == 0) {
        buf_append_char(&d->line, c);
    } else if (c == '\n' && d->line.len == 1) {
        buf_reset(&d->line);
        d->state = STATE_SIZE;
    } else {
        d->failed = CODE_INCOMPLETE_BODY;
    }
    return 1;
}

enum code aws_chunked_feed(struct aws_chunked *d, const void *data, size_t len,
                           aws_chunked_sink *sink, void *ctx)
{
    const char *p = data;
    while (len > 0 && d->failed == CODE_NONE) {
        size_t n = 1;
        switch (d->state) {
        case STATE_SIZE:
        case STATE_TRAILER:
            n = feed_line(d, p, len);
            break;
        case STATE_DATA:
            n = feed_data(d, p, len, sink, ctx);
            break;
        case STATE_DATA_END:
            n = feed_data_end(d, *p);
            break;
        case STATE_DONE: /* the CR LF of those that end the trailers twice */
            if (*p != '\r' && *p != '\n')
                d->failed = CODE_INCOMPLETE_BODY;
            break;
        }
        p += n;
        len -= n;
    }
    return d->failed;
}

enum code aws_chunked_finish(struct aws_chunked *d)
{
    if (d->failed == CODE_NONE && d->state != STATE_DONE)
        d->failed = CODE_INCOMPLETE_BODY;
    cleanse(&d->key, sizeof d->key);
    return d->failed;
}

bool aws_chunked_trailer(const struct aws_chunked *d, const char *name, char *value, size_t room)
{
    const size_t name_len = strlen(name);
    for (const char *p = d->trailers.data; *p != '\0'; p += strcspn(p, "\n") + 1) {
        if (strncmp(p, name, name_len) != 0 || p[name_len] != ':')
            continue;
        const char *found = p + name_len + 1;
        const size_t len = strcspn(found, "\n");
        if (len >= room)
            return false;
        memcpy(value, found, len);
        value[len] = '\0';
        return true;
    }
    return false;
}

size_t aws_chunked_trailer_count(const struct aws_chunked *d)
{
    return d->trailer_count;
}
