/* SPDX-License-Identifier: MIT */
/* terminal - the progress of a program on its stderr, as the user's options and terminal want it. */
#ifndef KIT_TOOL_TERMINAL_H
#define KIT_TOOL_TERMINAL_H

#include "lib/tool/connect.h"
#include "lib/tool/progress.h"

/* NULL, which draws nothing, with --quiet or --progress never. One line is redrawn where stderr is a
 * terminal that can (TERM is neither unset, empty nor "dumb"); elsewhere a line goes out now and
 * then. `label` must stay put. */
struct progress *terminal_progress(const struct output_options *options, const char *label);

#endif
