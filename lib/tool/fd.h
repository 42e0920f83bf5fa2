/* SPDX-License-Identifier: MIT */
/* fd - writing to a descriptor where a failure has nobody to go to: progress and log lines. */
#ifndef KIT_TOOL_FD_H
#define KIT_TOOL_FD_H

#include <stddef.h>

/* Writes all of it, as one write where the descriptor takes it so; gives up on an error. */
void fd_write_all(int fd, const char *data, size_t len);

#endif
