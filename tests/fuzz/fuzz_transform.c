/* SPDX-License-Identifier: MIT */
/*
 * fuzz_transform - sources through the transform, twice: whole with much room, and byte for byte with
 * little. Both must come to the same bytes, or to the same refusal.
 *
 * The first byte chooses the options, the second how the rest is cut into sources; with gzip the
 * sources are compressed here first, or taken as they are.
 */
#include <string.h>
#include <zlib.h>

#include "compactor/transform.h"
#include "lib/base/buf.h"
#include "tests/fuzz/fuzz.h"

#define SOURCES_MAX  8
#define OUTPUT_MAX   (8u << 20)
#define CALLS_MAX    (1u << 20)
#define GZIP_IT      8
#define ROOM_PER_CUT 13

struct input {
    struct transform_options options;
    const uint8_t *source[SOURCES_MAX];
    size_t len[SOURCES_MAX];
    size_t count;
};

static void gzip(const uint8_t *data, size_t len, struct buf *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len};
    FUZZ_MUST(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    const size_t room = deflateBound(&z, (uLong)len);
    z.next_out = buf_reserve(out, room);
    z.avail_out = (uInt)room;
    FUZZ_MUST(z.next_out != NULL && deflate(&z, Z_FINISH) == Z_STREAM_END);
    buf_commit(out, room - z.avail_out);
    deflateEnd(&z);
}

/* One step to its end; false when it was refused, or more came out than is kept here. */
static bool run_step(struct transform *t, enum transform_step step, const uint8_t *in, size_t len,
                     size_t room, struct buf *out, enum status *status)
{
    struct transform_io io = {.in = in, .in_len = len};
    for (unsigned calls = 0;; calls++) {
        enum transform_outcome outcome = TRANSFORM_DONE;
        FUZZ_MUST(calls < CALLS_MAX);
        io.out = buf_reserve(out, room);
        io.out_room = room;
        if (io.out == NULL) {
            *status = STATUS_LIMIT;
            return false;
        }
        *status = transform_run(t, step, &io, &outcome, NULL);
        FUZZ_MUST(io.out_room <= room);
        if (*status != STATUS_OK)
            return false;
        buf_commit(out, room - io.out_room);
        if (outcome != TRANSFORM_DONE)
            continue;
        FUZZ_MUST(io.in_len == 0);
        return true;
    }
}

static enum status run(const struct input *input, size_t cut, size_t room, struct buf *out)
{
    struct transform *t;
    enum status status = transform_new(&input->options, &t, NULL);
    FUZZ_MUST(status == STATUS_OK);
    bool good = true;
    for (size_t i = 0; good && i < input->count; i++) {
        for (size_t at = 0; good && at < input->len[i]; at += cut) {
            const size_t left = input->len[i] - at;
            good = run_step(t, TRANSFORM_FEED, input->source[i] + at, left < cut ? left : cut, room,
                            out, &status);
        }
        good = good && run_step(t, TRANSFORM_END_SOURCE, NULL, 0, room, out, &status);
    }
    if (good)
        run_step(t, TRANSFORM_FINISH, NULL, 0, room, out, &status);
    transform_free(t);
    return status;
}

static void compare(const struct input *input)
{
    struct buf whole, cut;
    buf_init(&whole, OUTPUT_MAX);
    buf_init(&cut, OUTPUT_MAX);
    const enum status first = run(input, SIZE_MAX, OUTPUT_MAX / 2, &whole);
    const enum status second = run(input, 3, ROOM_PER_CUT, &cut);
    /* Containers are told by the beginning of a source, which three bytes are not. */
    if (first != STATUS_INVALID && first != STATUS_LIMIT && second != STATUS_LIMIT) {
        FUZZ_MUST(first == second);
        if (first == STATUS_OK)
            FUZZ_MUST(whole.len == cut.len && memcmp(whole.data, cut.data, whole.len) == 0);
    }
    buf_release(&whole);
    buf_release(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct input input = {.options = {.gzip_level = data[0] & 1 ? 1 : 0,
                                      .csv_header_once = data[0] & 2,
                                      .newline_ensure = data[0] & 4}};
    struct buf compressed[SOURCES_MAX];
    const bool compress = input.options.gzip_level > 0 && (data[0] & GZIP_IT);
    input.count = 1 + data[1] % SOURCES_MAX;
    const size_t share = (size - 2) / input.count;
    for (size_t i = 0; i < input.count; i++) {
        const bool last = i + 1 == input.count;
        input.source[i] = data + 2 + i * share;
        input.len[i] = last ? size - 2 - i * share : share;
        buf_init(&compressed[i], OUTPUT_MAX);
        if (!compress)
            continue;
        gzip(input.source[i], input.len[i], &compressed[i]);
        input.source[i] = (const uint8_t *)compressed[i].data;
        input.len[i] = compressed[i].len;
    }
    compare(&input);
    for (size_t i = 0; i < input.count; i++)
        buf_release(&compressed[i]);
    return 0;
}
