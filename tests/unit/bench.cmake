# SPDX-License-Identifier: MIT
kit_unit_test(campaign_estimate LINK bench_core)
kit_unit_test(keyring LINK bench_core)
