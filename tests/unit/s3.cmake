# SPDX-License-Identifier: MIT
kit_unit_test(uri LINK s3)
kit_unit_test(sigv4 LINK s3 PkgConfig::JANSSON)
