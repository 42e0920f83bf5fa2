/* SPDX-License-Identifier: MIT */
/* scenes - see scenes.h. */
#include "tests/torture/scenes.h"

#include <string.h>

#define OBJECTS(...) ((const struct scene_object[]){__VA_ARGS__, {0}})
#define TWISTS(...)  ((const struct scene_twist[]){__VA_ARGS__, {0}})
#define TEXTS(...)   ((const char *const[]){__VA_ARGS__, NULL})
#define BYSTANDERS                                                                                 \
    {"elsewhere/key", "of nobody's concern\n", 0},                                                 \
        {"in/2024/01/16/other.json", "not selected\n", 0},                                         \
    {                                                                                              \
        "in/2024/01/1", "a key that is short\n", 0                                                 \
    }

#define DELETES                                                                                    \
    "--delete-sources", "--changed", "new", "--mode", "sequential", "--max-attempts", "4"

const struct scene scenes[] = {
    /* Three partitions of two to four generations each; two suffixes; a source that changes while
     * it is read and one that changes just before it is deleted. */
    {
        .name = "small",
        .options = TEXTS(DELETES, "--target-size", "24"),
        .from = "2024-01-13",
        .to = "2024-01-15",
        .directories = TEXTS("2024/01/13/", "2024/01/14/", "2024/01/15/"),
        .objects = OBJECTS(
            {"in/2024/01/13/a.json", "13 a, at first\n", 0}, {"in/2024/01/13/b.json", "13 b\n", 0},
            {"in/2024/01/13/c.json", "13 c, at first\n", 0},
            {"in/2024/01/14/a.json", "14 a, at first\n", 0},
            {"in/2024/01/14/b.json", "14 b, at first\n", 0},
            {"in/2024/01/14/deep/c.json", "14 c\n", 0}, {"in/2024/01/15/x.csv", "15,x\n", 0},
            {"in/2024/01/15/y.json", "15 y\n", 0}, BYSTANDERS),
        .twists = TWISTS({"GetObject", "in/2024/01/13/c.json", "13 c, changed!\n", NULL},
                         {"DeleteObject", "in/2024/01/14/b.json", "14 b, changed!\n", NULL}),
        .late = OBJECTS({"in/2024/01/13/b.json", "13 b, written anew\n", 0},
                        {"in/2024/01/13/c.json", "13 c, at first\n", 0},
                        {"in/2024/01/14/late.json", "14 late\n", 0}),
    },
    /* An output of several parts, one of them from a source that is large enough to be copied; a
     * source changes while the parts go up. */
    {
        .name = "parts",
        .options = TEXTS(DELETES),
        .from = "2024-01-20",
        .to = "2024-01-20",
        .directories = TEXTS("2024/01/20/"),
        .objects =
            OBJECTS({"in/2024/01/20/a.bin", "20 a\n", 0}, {"in/2024/01/20/b.bin", NULL, 5800000},
                    {"in/2024/01/20/c.bin", NULL, 3200000},
                    {"in/2024/01/20/d.bin", "20 d, at first\n", 0}, BYSTANDERS),
        .twists = TWISTS({"GetObject", "in/2024/01/20/d.bin", "20 d, changed!\n", NULL}),
        .late = OBJECTS({"in/2024/01/20/late.bin", "20 late\n", 0}),
    },
    /* The sources stay. */
    {
        .name = "kept",
        .options = TEXTS("--manifest", "--changed", "new", "--mode", "sequential", "--max-attempts",
                         "4", "--target-size", "24"),
        .from = "2024-01-13",
        .to = "2024-01-14",
        .keeps = true,
        .directories = TEXTS("2024/01/13/", "2024/01/14/"),
        .objects = OBJECTS({"in/2024/01/13/a.json", "13 a, at first\n", 0},
                           {"in/2024/01/13/b.json", "13 b\n", 0},
                           {"in/2024/01/13/c.json", "13 c, at first\n", 0},
                           {"in/2024/01/14/a.json", "14 a, at first\n", 0}, BYSTANDERS),
        .twists = TWISTS({"GetObject", "in/2024/01/13/c.json", "13 c, changed!\n", NULL}),
        .late = OBJECTS({"in/2024/01/13/b.json", "13 b, written anew\n", 0},
                        {"in/2024/01/14/late.json", "14 late\n", 0}),
    },
    /* A source changes while nobody runs, so that what the dead have sent meets a tombstone. */
    {
        .name = "duel",
        .options = TEXTS(DELETES),
        .from = "2024-01-14",
        .to = "2024-01-14",
        .directories = TEXTS("2024/01/14/"),
        .objects = OBJECTS({"in/2024/01/14/a.json", "14 a, at first\n", 0},
                           {"in/2024/01/14/b.json", "14 b\n", 0}, BYSTANDERS),
        .late = OBJECTS({"in/2024/01/14/a.json", "14 a, changed!\n", 0}),
    },
    /* A source changes while it is read, and is as it was when the next run comes. */
    {
        .name = "restored",
        .options = TEXTS(DELETES),
        .from = "2024-01-14",
        .to = "2024-01-14",
        .directories = TEXTS("2024/01/14/"),
        .objects = OBJECTS({"in/2024/01/14/a.json", "14 a, at first\n", 0},
                           {"in/2024/01/14/b.json", "14 b\n", 0}, BYSTANDERS),
        .twists = TWISTS({"GetObject", "in/2024/01/14/a.json", "14 a, changed!\n", NULL}),
        .late = OBJECTS({"in/2024/01/14/a.json", "14 a, at first\n", 0}),
    },
    /* The store damages what it is given. */
    {
        .name = "damaged",
        .fails = true,
        .faults = "{\"faults\":[{\"when\":{\"operation\":\"PutObject\",\"key\":\"out/2024/*\"},"
                  "\"then\":{\"corrupt_stored_byte\":0}}]}",
        .options = TEXTS(DELETES),
        .from = "2024-01-14",
        .to = "2024-01-14",
        .directories = TEXTS("2024/01/14/"),
        .objects = OBJECTS({"in/2024/01/14/a.json", "14 a\n", 0},
                           {"in/2024/01/14/b.json", "14 b\n", 0}, BYSTANDERS),
    },
    /* Every kind of fault that a retry or another run gets over; 5 % of requests in all meet one. */
    {
        .name = "soak",
        .options = TEXTS("--delete-sources", "--target-size", "16KiB", "-j", "16"),
        .from = "2024-01-10",
        .to = "2024-01-15",
        .directories = TEXTS("2024/01/10/", "2024/01/11/", "2024/01/12/", "2024/01/13/",
                             "2024/01/14/", "2024/01/15/"),
        .objects = OBJECTS(BYSTANDERS),
        .faults_file = "soak_faults.json",
    },
    /* Plain mode: no torn output and none of less. */
    {
        .name = "plain",
        .plain = true,
        .options = TEXTS("--mode", "sequential", "--max-attempts", "4"),
        .from = "2024-01-13",
        .to = "2024-01-14",
        .directories = TEXTS("2024/01/13/", "2024/01/14/"),
        .objects = OBJECTS({"in/2024/01/13/a.json", "13 a, at first\n", 0},
                           {"in/2024/01/13/b.json", "13 b\n", 0},
                           {"in/2024/01/14/a.json", "14 a, at first\n", 0}, BYSTANDERS),
    },
    {
        .name = "plain-parts",
        .plain = true,
        .options = TEXTS("--mode", "sequential", "--max-attempts", "4"),
        .from = "2024-01-20",
        .to = "2024-01-20",
        .directories = TEXTS("2024/01/20/"),
        .objects =
            OBJECTS({"in/2024/01/20/a.bin", "20 a\n", 0}, {"in/2024/01/20/b.bin", NULL, 5800000},
                    {"in/2024/01/20/c.bin", NULL, 3200000}, BYSTANDERS),
    },
    {0},
};

const struct scene *scene_find(const char *name, size_t len)
{
    for (const struct scene *s = scenes; s->name != NULL; s++)
        if (strlen(s->name) == len && strncmp(s->name, name, len) == 0)
            return s;
    return NULL;
}
