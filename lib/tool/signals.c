/* SPDX-License-Identifier: MIT */
/* signals - see signals.h. */
#include "lib/tool/signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t received;

static void on_signal(int number)
{
    if (!received)
        received = number;
}

void signals_install(void)
{
    /* Reset by the first delivery, so the second ends the process; no SA_RESTART, so waits return. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int signals_received(void)
{
    return received;
}

int signals_exit_code(int signal_number)
{
    return 128 + signal_number;
}
