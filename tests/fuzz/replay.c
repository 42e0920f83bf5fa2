/* SPDX-License-Identifier: MIT */
/*
 * replay - runs a fuzz target on files, and on all files of folders, without a fuzzer: so ordinary
 * builds and compilers go through what fuzzing has found so far.
 *
 *     replay_NAME FILE|FOLDER ...
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#define PATH_MAX_BYTES 4096
#define INPUT_MAX      (1u << 20)

static unsigned runs;

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *input = malloc(INPUT_MAX);
    if (file == NULL || input == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        free(input);
        return -1;
    }
    const size_t size = fread(input, 1, INPUT_MAX, file);
    fclose(file);
    /* Of its own size, so that the address sanitizer sees a read past its end. */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact != NULL) {
        memcpy(exact, input, size);
        LLVMFuzzerTestOneInput(exact, size);
        runs++;
    }
    free(exact);
    free(input);
    return exact != NULL ? 0 : -1;
}

static int replay_folder(DIR *folder, const char *path)
{
    int failed = 0;
    for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
        char file[PATH_MAX_BYTES];
        if (e->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        failed |= replay_file(file);
    }
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        failed |= folder != NULL ? replay_folder(folder, argv[i]) : replay_file(argv[i]);
        if (folder != NULL)
            closedir(folder);
    }
    printf("%u inputs\n", runs);
    return failed != 0 || runs == 0;
}
