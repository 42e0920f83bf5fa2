/* SPDX-License-Identifier: MIT */
/*
 * banned - functions that this project does not use, made unusable. Included into every file by
 * the build (-include). Use buf.h or snprintf, units.h, date.h instead.
 */
#ifndef KIT_BASE_BANNED_H
#define KIT_BASE_BANNED_H

/* The system's declarations must be seen before the names are poisoned. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf
#pragma GCC poison strtok atoi atol atof gmtime localtime ctime asctime

#endif
