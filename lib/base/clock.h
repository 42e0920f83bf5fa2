/* SPDX-License-Identifier: MIT */
/*
 * clock - time as a value that is handed in, so that nothing below a program reads it in secret.
 *
 * Two types that cannot be mixed up: a point on the monotonic clock (`struct mono`, for durations
 * and deadlines) and a point in civil time (`struct wall`, for signatures and dates). Code takes a
 * `const struct clock *`; programs pass clock_system(), tests a `struct clock_fake`.
 *
 * Threads: clock_system() is immutable and may be shared; a fake belongs to one thread.
 */
#ifndef KIT_BASE_CLOCK_H
#define KIT_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
    int64_t ns; /* since an arbitrary point */
};
struct wall {
    int64_t unix_ns; /* since 1970-01-01T00:00:00Z */
};

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

struct clock {
    struct mono (*mono)(const struct clock *self);
    struct wall (*wall)(const struct clock *self);
};

const struct clock *clock_system(void);

static inline struct mono clock_mono(const struct clock *c)
{
    return c->mono(c);
}
static inline struct wall clock_wall(const struct clock *c)
{
    return c->wall(c);
}

/* later - earlier; negative when they are the other way round. */
static inline int64_t mono_since_ns(struct mono later, struct mono earlier)
{
    return later.ns - earlier.ns;
}
static inline struct mono mono_add_ms(struct mono t, int64_t ms)
{
    return (struct mono){t.ns + ms * NS_PER_MS};
}
static inline double mono_since_s(struct mono later, struct mono earlier)
{
    return (double)mono_since_ns(later, earlier) / (double)NS_PER_S;
}
static inline int64_t wall_unix_s(struct wall t)
{
    return t.unix_ns >= 0 ? t.unix_ns / NS_PER_S : -((-t.unix_ns + NS_PER_S - 1) / NS_PER_S);
}

/* A clock that stands still until told otherwise. Use `&fake.clock`. */
struct clock_fake {
    struct clock clock; /* first: the callbacks find the fake through it */
    struct mono now_mono;
    struct wall now_wall;
};
void clock_fake_init(struct clock_fake *fake, int64_t unix_s);
void clock_fake_advance_ms(struct clock_fake *fake, int64_t ms);

#endif
