# SPDX-License-Identifier: MIT
set(PEER ${CMAKE_SOURCE_DIR}/tests/support/peer.c)
kit_unit_test(op LINK s3)
kit_unit_test(retry LINK s3_http)
kit_unit_test(counters LINK s3_http)
kit_unit_test(transport SOURCES ${PEER} LINK s3_http)
kit_unit_test(wake_queue LINK s3)
kit_unit_test(client SOURCES ${PEER} LINK s3)
