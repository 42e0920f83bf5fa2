# SPDX-License-Identifier: MIT
kit_unit_test(dataset LINK generator_core)
kit_unit_test(rows LINK generator_core)
kit_unit_test(manifest LINK generator_core)
kit_unit_test(generate LINK generator_core)
kit_unit_test(generate_options LINK generator_core)
# For nftw, which POSIX has only with the XSI option.
set_source_files_properties(test_generate.c PROPERTIES COMPILE_DEFINITIONS _XOPEN_SOURCE=700)
