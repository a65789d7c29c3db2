# Defines Flite::flite with the voices slt, rms and awb: Debian's package has no pkg-config file.
find_path(Flite_INCLUDE_DIR flite/flite.h)
set(Flite_LIBRARIES)
set(Flite_library_variables)
# In the order in which static libraries need each other.
foreach(part cmu_us_slt cmu_us_rms cmu_us_awb usenglish cmulex)
  find_library(Flite_${part}_LIBRARY flite_${part})
  list(APPEND Flite_LIBRARIES ${Flite_${part}_LIBRARY})
  list(APPEND Flite_library_variables Flite_${part}_LIBRARY)
endforeach()
find_library(Flite_LIBRARY flite)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Flite
  REQUIRED_VARS Flite_LIBRARY Flite_INCLUDE_DIR ${Flite_library_variables})
if(Flite_FOUND AND NOT TARGET Flite::flite)
  add_library(Flite::flite UNKNOWN IMPORTED)
  set_target_properties(Flite::flite PROPERTIES
    IMPORTED_LOCATION ${Flite_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Flite_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES "${Flite_LIBRARIES}")
endif()
