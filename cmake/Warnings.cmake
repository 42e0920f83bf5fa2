# SPDX-License-Identifier: MIT
option(KIT_WERROR "Treat warnings as errors" OFF)

add_library(kit_flags INTERFACE)
target_compile_options(kit_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wvla -Wwrite-strings -Wformat=2 -Wundef -fno-common
    $<$<BOOL:${KIT_WERROR}>:-Werror>
    -include ${CMAKE_SOURCE_DIR}/lib/base/banned.h)
target_compile_definitions(kit_flags INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
target_include_directories(kit_flags INTERFACE ${CMAKE_SOURCE_DIR})
