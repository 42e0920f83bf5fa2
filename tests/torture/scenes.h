/* SPDX-License-Identifier: MIT */
/* scenes - what torture is done to: sources, options, and what changes on the way. */
#ifndef KIT_TESTS_TORTURE_SCENES_H
#define KIT_TESTS_TORTURE_SCENES_H

#include "tests/torture/stage.h"

extern const struct scene scenes[]; /* ends with a NULL name */
const struct scene *scene_find(const char *name, size_t len);

#endif
