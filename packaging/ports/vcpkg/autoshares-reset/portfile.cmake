# Takes the library from a release's archive, shared or static as the triplet wants it.
set(linux_x64 "@sha512:autoshares-reset-@version@-linux-x64.tar.gz@")
set(linux_arm64 "@sha512:autoshares-reset-@version@-linux-arm64.tar.gz@")
set(osx_x64 "@sha512:autoshares-reset-@version@-osx-x64.tar.gz@")
set(osx_arm64 "@sha512:autoshares-reset-@version@-osx-arm64.tar.gz@")
set(win_x64 "@sha512:autoshares-reset-@version@-win-x64.zip@")
set(win_x86 "@sha512:autoshares-reset-@version@-win-x86.zip@")
set(win_arm64 "@sha512:autoshares-reset-@version@-win-arm64.zip@")

set(suffix ".tar.gz")
if(VCPKG_TARGET_IS_WINDOWS)
  set(system win)
  set(suffix ".zip")
elseif(VCPKG_TARGET_IS_OSX)
  set(system osx)
else()
  set(system linux)
endif()
if(NOT ${system}_${VCPKG_TARGET_ARCHITECTURE})
  message(FATAL_ERROR "This release has no archive for ${system} on ${VCPKG_TARGET_ARCHITECTURE}.")
endif()

set(name "autoshares-reset-@version@-${system}-${VCPKG_TARGET_ARCHITECTURE}${suffix}")
vcpkg_download_distfile(archive
  URLS "@url@/${name}"
  FILENAME "${name}"
  SHA512 "${${system}_${VCPKG_TARGET_ARCHITECTURE}}")
vcpkg_extract_source_archive(tree ARCHIVE "${archive}")

set(VCPKG_POLICY_MISMATCHED_NUMBER_OF_BINARIES enabled) # it is the same for debugging
file(INSTALL "${tree}/include" DESTINATION "${CURRENT_PACKAGES_DIR}")
file(GLOB shared "${tree}/lib/*.so*" "${tree}/lib/*.dylib" "${tree}/lib/*.dll.lib" "${tree}/lib/*.dll.a")
file(GLOB static "${tree}/lib/*.a" "${tree}/lib/*.lib")
list(FILTER static EXCLUDE REGEX "\\.dll\\.(a|lib)$")
if(VCPKG_LIBRARY_LINKAGE STREQUAL "dynamic")
  file(INSTALL ${shared} DESTINATION "${CURRENT_PACKAGES_DIR}/lib")
  if(VCPKG_TARGET_IS_WINDOWS)
    file(INSTALL "${tree}/bin/autoshares_reset.dll" DESTINATION "${CURRENT_PACKAGES_DIR}/bin")
  endif()
else()
  file(INSTALL ${static} DESTINATION "${CURRENT_PACKAGES_DIR}/lib")
endif()
file(INSTALL "${tree}/lib/pkgconfig" DESTINATION "${CURRENT_PACKAGES_DIR}/lib")
# They look for what is there two folders above themselves, as in the archive.
file(INSTALL "${tree}/share/cmake/autoshares_reset" DESTINATION "${CURRENT_PACKAGES_DIR}/share/cmake")
file(INSTALL "${tree}/share/doc/autoshares_reset/THIRD-PARTY.txt" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST
  "${tree}/share/doc/autoshares_reset/LICENSE-MIT"
  "${tree}/share/doc/autoshares_reset/LICENSE-APACHE")
