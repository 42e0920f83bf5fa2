# SPDX-License-Identifier: MIT
kit_unit_test(latency LINK s3_server)
kit_unit_test(storage LINK s3_server)
kit_unit_test(auth LINK s3_server PkgConfig::JANSSON)
