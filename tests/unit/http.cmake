# SPDX-License-Identifier: MIT
kit_unit_test(op LINK s3)
kit_unit_test(retry LINK s3_http)
