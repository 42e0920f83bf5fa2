/* SPDX-License-Identifier: MIT */
/*
 * signals - the one mutable global: which of SIGINT and SIGTERM arrived. A second one of the same
 * kind ends the process at once.
 */
#ifndef KIT_TOOL_SIGNALS_H
#define KIT_TOOL_SIGNALS_H

void signals_install(void);
/* 0, or SIGINT or SIGTERM. */
int signals_received(void);
/* 130, 143 for the signal. */
int signals_exit_code(int signal_number);

#endif
