/* SPDX-License-Identifier: MIT */
/* terminal - see terminal.h. */
#include "lib/tool/terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool can_redraw(void)
{
    const char *term = connect_env(NULL, "TERM");
    return isatty(STDERR_FILENO) == 1 && term && *term && strcmp(term, "dumb") != 0;
}

struct progress *terminal_progress(const struct output_options *options, const char *label)
{
    struct winsize size = {0};
    const bool terminal = can_redraw();
    if (options->quiet)
        return NULL;
    if (terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0)
        size.ws_col = 0; /* progress has a width of its own then */
    return progress_new(&(struct progress_options){
        .label = label,
        .mode = (enum progress_mode)options->progress,
        .fd = STDERR_FILENO,
        .terminal = terminal,
        .columns = size.ws_col,
        .clock = clock_system(),
    });
}
