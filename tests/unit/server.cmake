# SPDX-License-Identifier: MIT
kit_unit_test(latency LINK s3_server)
kit_unit_test(latency_file LINK s3_server)
kit_unit_test(rate_limit LINK s3_server)
kit_unit_test(fault_rules LINK s3_server)
kit_unit_test(storage LINK s3_server)
kit_unit_test(request LINK s3_server)
kit_unit_test(aws_chunked LINK s3_server)
kit_unit_test(auth LINK s3_server PkgConfig::JANSSON)
kit_unit_test(server SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c LINK s3_server)
kit_unit_test(storage_memory LINK s3_server)
kit_unit_test(storage_versions LINK s3_server)
kit_unit_test(server_objects SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c LINK s3_server)
kit_unit_test(server_versions SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c LINK s3_server)
kit_unit_test(server_list SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c LINK s3_server)
kit_unit_test(server_multipart SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c LINK s3_server)
kit_unit_test(server_control
    SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c
    LINK s3_server PkgConfig::JANSSON Threads::Threads)
kit_unit_test(delay LINK s3_server Threads::Threads)
kit_unit_test(server_body SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c LINK s3_server)
kit_unit_test(server_faults SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c LINK s3_server)
kit_unit_test(server_load SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c LINK s3_server)
kit_unit_test(request_log
    SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c
    LINK s3_server PkgConfig::JANSSON)
kit_unit_test(server_allocations SOURCES ${CMAKE_SOURCE_DIR}/tests/support/wire.c LINK s3_server)
target_link_options(test_server_allocations PRIVATE
    LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc)
