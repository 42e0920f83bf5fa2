# SPDX-License-Identifier: MIT
kit_unit_test(cli LINK tool)
kit_unit_test(json LINK tool PkgConfig::JANSSON)
kit_unit_test(progress LINK tool)
kit_unit_test(log LINK tool)
kit_unit_test(process LINK tool)
kit_unit_test(signals LINK tool)
kit_unit_test(connect LINK tool)
kit_unit_test(prices LINK tool)
