# SPDX-License-Identifier: MIT
kit_unit_test(dataset LINK generator_core)
kit_unit_test(rows LINK generator_core)
kit_unit_test(manifest LINK generator_core)
