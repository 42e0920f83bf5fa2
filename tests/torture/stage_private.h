/* SPDX-License-Identifier: MIT */
/* stage_private - what stage.c and stage_hooks.c share. */
#ifndef KIT_TESTS_TORTURE_STAGE_PRIVATE_H
#define KIT_TESTS_TORTURE_STAGE_PRIVATE_H

#include "tests/torture/stage.h"

#define STAGE_SECRET          "secret-of-every-run"
#define STAGE_GUARD_VARIABLE  "KIT_TORTURE_GUARD_DOWN"
#define STAGE_TORTURE_PROGRAM "../tests/s3-compact-torture" /* below the programs' directory */

extern const char *const stage_access_keys[RUN_COUNT];

_Noreturn void stage_give_up(const char *what);
struct s3_server_hooks stage_hooks(struct stage *s);
void stage_kill_locked(struct stage *s, int run);

#endif
