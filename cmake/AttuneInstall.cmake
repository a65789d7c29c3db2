# The program, its configurations and models, the libraries, and a package for find_package(attune).
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/attune)

get_property(libraries GLOBAL PROPERTY ATTUNE_LIBRARIES)
foreach(library IN LISTS libraries)
  target_include_directories(${library} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

# What a node in a shared library of its own compiles against: headers only. The program that loads
# it provides the code.
add_library(attune_plugin INTERFACE)
set_target_properties(attune_plugin PROPERTIES EXPORT_NAME plugin)
add_library(attune::plugin ALIAS attune_plugin)
target_include_directories(attune_plugin INTERFACE
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src>
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
  $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/generated>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/attune>)
target_compile_features(attune_plugin INTERFACE cxx_std_20)
target_link_libraries(attune_plugin INTERFACE fmt::fmt PkgConfig::libav)

install(TARGETS ${libraries} attune_plugin EXPORT attuneTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS attune RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT attuneTargets NAMESPACE attune:: DESTINATION ${package_folder})

foreach(floor core tensor attention media models align captions live search)
  install(DIRECTORY src/${floor} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/attune
    FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE)
endforeach()
install(DIRECTORY pipeline nodes DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/attune
  FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${CMAKE_BINARY_DIR}/generated/core DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/attune)
install(DIRECTORY configs models DESTINATION ${CMAKE_INSTALL_DATADIR}/attune)

configure_package_config_file(cmake/attuneConfig.cmake.in ${CMAKE_BINARY_DIR}/attuneConfig.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/attuneConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/attuneConfig.cmake ${CMAKE_BINARY_DIR}/attuneConfigVersion.cmake
  cmake/AttuneDependencies.cmake cmake/FindOneDNN.cmake
  DESTINATION ${package_folder})
