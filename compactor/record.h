/* SPDX-License-Identifier: MIT */
/* record - what an output was made of, read back from its metadata. */
#ifndef KIT_COMPACTOR_RECORD_H
#define KIT_COMPACTOR_RECORD_H

#include <stdbool.h>

#include "compactor/decision.h"
#include "lib/s3/client.h"

/* False where the object has no whole record: it is not an output of ours. */
bool record_read(const struct s3_reply *reply, struct record *out);

#endif
