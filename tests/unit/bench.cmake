# SPDX-License-Identifier: MIT
kit_unit_test(keyring LINK bench_core)
