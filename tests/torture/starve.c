/* SPDX-License-Identifier: MIT */
/*
 * starve - an allocator that fails once: at the allocation that KIT_STARVE_AT numbers, from 1. With
 * KIT_STARVE_COUNT it writes how many there were into that file when the program ends.
 *
 * OpenSSL's own allocations are let be: its version 3.0 crashes for want of some of them.
 *
 * Built twice. As a library to be preloaded it stands in for malloc and its like in the program and
 * in every library that it uses; linked in with --wrap it does so for the kit's own code, and leaves
 * malloc itself to the address sanitizer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_ulong allocations;
static unsigned long fails_at;

static __attribute__((constructor)) void read_number(void)
{
    const char *text = getenv("KIT_STARVE_AT");
    fails_at = text != NULL ? strtoul(text, NULL, 10) : 0;
}

static __attribute__((destructor)) void write_count(void)
{
    char text[32];
    const char *path = getenv("KIT_STARVE_COUNT");
    const int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    const int len = snprintf(text, sizeof text, "%lu\n", atomic_load(&allocations));
    if (fd < 0)
        return;
    if (write(fd, text, (size_t)len) != len)
        perror("starve");
    close(fd);
}

/* Whether this one is to fail. `caller` is where it is asked for. */
static bool fails(const void *caller)
{
    Dl_info where;
    if (dladdr(caller, &where) != 0 && where.dli_fname != NULL &&
        (strstr(where.dli_fname, "libcrypto") != NULL || strstr(where.dli_fname, "libssl") != NULL))
        return false;
    if (atomic_fetch_add(&allocations, 1) + 1 != fails_at)
        return false;
    errno = ENOMEM;
    return true;
}

/* The linker's names of what is stood in for, and of what does the work. */
#ifdef STARVE_PRELOADED
#define OURS(name) __asm__(name)
#define REAL(name) __asm__("__libc_" name) /* glibc's own names for its own */
#else
#define OURS(name) __asm__("__wrap_" name)
#define REAL(name) __asm__("__real_" name)
#endif

void *real_malloc(size_t size) REAL("malloc");
void *real_calloc(size_t count, size_t size) REAL("calloc");
void *real_realloc(void *old, size_t size) REAL("realloc");
void *starving_malloc(size_t size) OURS("malloc");
void *starving_calloc(size_t count, size_t size) OURS("calloc");
void *starving_realloc(void *old, size_t size) OURS("realloc");

void *starving_malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : real_malloc(size);
}

void *starving_calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : real_calloc(count, size);
}

void *starving_realloc(void *old, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : real_realloc(old, size);
}

/* glibc's strdup, preloaded, comes by through malloc. */
#ifndef STARVE_PRELOADED
char *real_strdup(const char *text) REAL("strdup");
char *starving_strdup(const char *text) OURS("strdup");

char *starving_strdup(const char *text)
{
    return fails(__builtin_return_address(0)) ? NULL : real_strdup(text);
}
#endif
