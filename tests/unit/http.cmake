# SPDX-License-Identifier: MIT
kit_unit_test(op LINK s3)
kit_unit_test(retry LINK s3_http)
kit_unit_test(transport SOURCES ${CMAKE_SOURCE_DIR}/tests/support/peer.c LINK s3_http)
