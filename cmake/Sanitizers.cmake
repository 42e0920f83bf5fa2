# SPDX-License-Identifier: MIT
# KIT_SANITIZE: "" or a list for -fsanitize=, e.g. "address,undefined".
set(KIT_SANITIZE "" CACHE STRING "Sanitizers to build with")
option(KIT_COVERAGE "Instrument for gcov" OFF)
option(KIT_FUZZ "Build the fuzz targets for libFuzzer (clang)" OFF)

if(KIT_SANITIZE)
    target_compile_options(kit_flags INTERFACE -fsanitize=${KIT_SANITIZE}
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(kit_flags INTERFACE -fsanitize=${KIT_SANITIZE})
endif()
if(KIT_COVERAGE)
    target_compile_options(kit_flags INTERFACE --coverage)
    target_link_options(kit_flags INTERFACE --coverage)
endif()
