# `cmake --install`, `find_package(Thrum)` and `cpack`.
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY THRUM_LAYERS)

# thrum::thrum: every layer but the command line, and the header that lists them.
add_library(thrum_all INTERFACE)
add_library(thrum::thrum ALIAS thrum_all)
set_target_properties(thrum_all PROPERTIES EXPORT_NAME thrum)
target_sources(thrum_all INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES thrum/thrum.h)
target_link_libraries(thrum_all INTERFACE ${layers})

install(TARGETS ${layers} thrum_all EXPORT ThrumTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Thrum)
install(EXPORT ThrumTargets NAMESPACE thrum:: DESTINATION ${package_dir})
configure_package_config_file(cmake/ThrumConfig.cmake.in ${PROJECT_BINARY_DIR}/ThrumConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ThrumConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ThrumConfig.cmake ${PROJECT_BINARY_DIR}/ThrumConfigVersion.cmake
  DESTINATION ${package_dir})
set(doc_dir ${CMAKE_INSTALL_DATAROOTDIR}/doc/thrum)
install(FILES README.md CHANGELOG.md DESTINATION ${doc_dir})
install(FILES LICENSE DESTINATION ${doc_dir} RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME thrum)
set(CPACK_PACKAGE_CONTACT "The Thrum developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Opened at run time, so not seen by dpkg-shlibdeps.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libopenblas0-pthread")
# For find_package(Thrum).
set(CPACK_DEBIAN_PACKAGE_SUGGESTS
  "pkg-config, libtbb-dev, libfmt-dev, libhwy-dev, libsimdjson-dev, libhwloc-dev, libxxhash-dev, libzstd-dev, zlib1g-dev")
include(CPack)
