/* SPDX-License-Identifier: MIT */
/* fd - see fd.h. */
#include "lib/tool/fd.h"

#include <errno.h>
#include <unistd.h>

void fd_write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}
