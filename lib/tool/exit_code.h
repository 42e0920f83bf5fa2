/* SPDX-License-Identifier: MIT */
/* exit_code - the exit statuses that all three programs share (s3-bench compare has more). */
#ifndef KIT_TOOL_EXIT_CODE_H
#define KIT_TOOL_EXIT_CODE_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_WORK_FAILED = 1, /* some or all of the work failed; each failure was named on stderr */
    EXIT_USAGE = 2,       /* wrong usage; one line on stderr, nothing done */
    EXIT_SIGINT = 130,
    EXIT_SIGTERM = 143,
};

#endif
