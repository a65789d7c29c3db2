# attune_library(NAME DEPENDS lib... [APART file...])
#                                       one floor of the house as a static library, from every .cc beside its CMakeLists.txt
#                                       and in folders below
# attune_test(NAME DEPENDS lib... [COST number] [APART file...])
#                                       one GoogleTest program from every *_test.cc beside its CMakeLists.txt; ctest
#                                       knows its test suites, and begins with those of the greatest cost
# attune_compile_together(TARGET [file...])
#                                       several files are compiled as one; those named (after APART above), whose names
#                                       clash with others', alone
# attune_add_folder(PATH)               add_subdirectory, where the folder has a CMakeLists.txt

function(attune_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  # GCC 12 warns of std::string at -O3 without cause (GCC bug 105651).
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(ATTUNE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# Most of the time to compile a file goes into headers, much the same ones for each file of a target.
function(attune_compile_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  # GCC takes files that are compiled together for headers, where an anonymous namespace would be a mistake.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
  foreach(file IN LISTS ARGN)
    set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/${file} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endfunction()

function(attune_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS;APART" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(NOT sources)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  string(REPLACE "attune_" "" export_name ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${export_name})
  add_library(attune::${export_name} ALIAS ${name})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src>
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/attune>)
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS})
  attune_compile_options(${name})
  attune_compile_together(${name} ${arg_APART})
  set_property(GLOBAL APPEND PROPERTY ATTUNE_LIBRARIES ${name})
endfunction()

function(attune_test name)
  cmake_parse_arguments(arg "" "COST" "DEPENDS;APART" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    ATTUNE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" ATTUNE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  attune_compile_options(${name})
  attune_compile_together(${name} ${arg_APART})
  if(NOT arg_COST)
    set(arg_COST 1)
  endif()
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake CONTENT
    "include(\"${CMAKE_SOURCE_DIR}/cmake/AttuneTestSuites.cmake\")
attune_test_suites(${name} \"$<TARGET_FILE:${name}>\" ${arg_COST})\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake)
endfunction()

function(attune_add_folder path)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${path}/CMakeLists.txt)
    add_subdirectory(${path})
  endif()
endfunction()
