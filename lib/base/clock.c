/* SPDX-License-Identifier: MIT */
/* clock - see clock.h. */
#include "lib/base/clock.h"

#include <time.h>

static int64_t read_ns(clockid_t id)
{
    struct timespec t = {0};
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static struct mono system_mono(const struct clock *self)
{
    (void)self;
    return (struct mono){read_ns(CLOCK_MONOTONIC)};
}

static struct wall system_wall(const struct clock *self)
{
    (void)self;
    return (struct wall){read_ns(CLOCK_REALTIME)};
}

const struct clock *clock_system(void)
{
    static const struct clock system_clock = {.mono = system_mono, .wall = system_wall};
    return &system_clock;
}

static struct mono fake_mono(const struct clock *self)
{
    return ((const struct clock_fake *)self)->now_mono;
}

static struct wall fake_wall(const struct clock *self)
{
    return ((const struct clock_fake *)self)->now_wall;
}

void clock_fake_init(struct clock_fake *fake, int64_t unix_s)
{
    *fake = (struct clock_fake){
        .clock = {.mono = fake_mono, .wall = fake_wall},
        .now_mono = {NS_PER_S}, /* not 0, which is easily taken for "unset" */
        .now_wall = {unix_s * NS_PER_S},
    };
}

void clock_fake_advance_ms(struct clock_fake *fake, int64_t ms)
{
    fake->now_mono.ns += ms * NS_PER_MS;
    fake->now_wall.unix_ns += ms * NS_PER_MS;
}
