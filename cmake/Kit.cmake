# SPDX-License-Identifier: MIT
# kit_library(NAME SOURCES ... LINK ...): a static library with the project's flags.
function(kit_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE kit_flags)
endfunction()

# kit_program(NAME SOURCES ... LINK ...): a program in build/bin.
function(kit_program name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LINK} kit_flags)
    target_compile_definitions(${name} PRIVATE KIT_VERSION="${PROJECT_VERSION}")
endfunction()

# kit_unit_test(MODULE LINK ...): tests/unit/test_<module>.c as the ctest "unit.<module>".
function(kit_unit_test module)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    add_executable(test_${module} test_${module}.c ${arg_SOURCES})
    target_link_libraries(test_${module} PRIVATE ${arg_LINK} kit_flags PkgConfig::CMOCKA)
    target_compile_definitions(test_${module} PRIVATE
        TEST_VECTORS="${CMAKE_SOURCE_DIR}/tests/vectors")
    set_target_properties(test_${module} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME unit.${module} COMMAND test_${module})
    set_tests_properties(unit.${module} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

# kit_integration_test(NAME ENDPOINTS embedded minio versitygw [SOURCES ...] [LINK ...]):
# tests/integration/test_<name>.c, run once an endpoint as "integration.<name>.<endpoint>".
function(kit_integration_test name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK;ENDPOINTS" ${ARGN})
    add_executable(test_integration_${name} test_${name}.c ${arg_SOURCES})
    target_link_libraries(test_integration_${name} PRIVATE ${arg_LINK} test_support kit_flags)
    set_target_properties(test_integration_${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    foreach(program s3-generate s3-compact s3-bench)
        if(TARGET ${program})
            add_dependencies(test_integration_${name} ${program})
        endif()
    endforeach()
    foreach(endpoint IN LISTS arg_ENDPOINTS)
        set(test integration.${name}.${endpoint})
        add_test(NAME ${test} COMMAND test_integration_${name})
        set_tests_properties(${test} PROPERTIES LABELS integration TIMEOUT 300
            SKIP_RETURN_CODE 77 ENVIRONMENT TEST_ENDPOINT=${endpoint})
    endforeach()
endfunction()

# kit_fuzz_target(NAME [SOURCES ...] LINK ...): tests/fuzz/fuzz_<name>.c. The test "fuzz.<name>" replays
# tests/fuzz/corpus/<name>; with KIT_FUZZ, fuzz_<name> is a libFuzzer program.
function(kit_fuzz_target name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    set(programs replay_${name})
    add_executable(replay_${name} fuzz_${name}.c replay.c ${arg_SOURCES})
    if(KIT_FUZZ)
        list(APPEND programs fuzz_${name})
        add_executable(fuzz_${name} fuzz_${name}.c ${arg_SOURCES})
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    endif()
    foreach(program IN LISTS programs)
        target_link_libraries(${program} PRIVATE ${arg_LINK} kit_flags)
        set_target_properties(${program} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    endforeach()
    add_test(NAME fuzz.${name} COMMAND replay_${name} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
