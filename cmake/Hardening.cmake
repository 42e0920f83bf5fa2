# SPDX-License-Identifier: MIT
option(KIT_HARDEN "Hardening flags, for releases" OFF)

if(KIT_HARDEN)
    target_compile_options(kit_flags INTERFACE
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fPIE)
    target_link_options(kit_flags INTERFACE -pie -Wl,-z,relro,-z,now)
endif()
