# Takes the library from a release's archive, shared or static as the triplet wants it.
set(linux_x64 "linux-x86_64.tar.gz" "@sha512:autoshares-reset-@version@-linux-x86_64.tar.gz@")
set(linux_arm64 "linux-aarch64.tar.gz" "@sha512:autoshares-reset-@version@-linux-aarch64.tar.gz@")
set(win_x64 "win-x64.zip" "@sha512:autoshares-reset-@version@-win-x64.zip@")
set(win_x86 "win-x86.zip" "@sha512:autoshares-reset-@version@-win-x86.zip@")
set(win_arm64 "win-arm64.zip" "@sha512:autoshares-reset-@version@-win-arm64.zip@")

set(system linux)
if(VCPKG_TARGET_IS_WINDOWS)
  set(system win)
endif()
set(release ${${system}_${VCPKG_TARGET_ARCHITECTURE}})
list(GET release 1 checksum)
if(NOT checksum)
  message(FATAL_ERROR "This release has no archive for ${system} on ${VCPKG_TARGET_ARCHITECTURE}.")
endif()

list(GET release 0 name)
set(name "autoshares-reset-@version@-${name}")
vcpkg_download_distfile(archive
  URLS "@url@/${name}"
  FILENAME "${name}"
  SHA512 "${checksum}")
vcpkg_extract_source_archive(tree ARCHIVE "${archive}")

set(VCPKG_POLICY_MISMATCHED_NUMBER_OF_BINARIES enabled) # it is the same for debugging
file(INSTALL "${tree}/include" DESTINATION "${CURRENT_PACKAGES_DIR}")
file(GLOB shared "${tree}/lib/*.so*" "${tree}/lib/*.dll.lib" "${tree}/lib/*.dll.a")
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
