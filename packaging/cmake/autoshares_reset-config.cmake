# find_package(autoshares_reset CONFIG) gives
#   autoshares_reset::autoshares_reset   the shared library
#   autoshares_reset::static             the static library and what it needs of the system; with Microsoft's compiler for /MT
# each if it is installed. This file holds neither prefix nor version, so that the installed tree can be moved.

# An unusual folder for libraries: `make install` writes it here if LIBDIR names one.
set(_asr_own_libdir "")
get_filename_component(_asr_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

# The names depend on the compiler that built the library: `lib…`, except for Microsoft's.
if(WIN32)
  set(_asr_shared_names "autoshares_reset.dll")
  set(_asr_import_names "autoshares_reset.dll.lib" "libautoshares_reset.dll.a")
  set(_asr_static_names "autoshares_reset.lib" "libautoshares_reset.a")
elseif(APPLE)
  set(_asr_shared_names "libautoshares_reset.dylib")
  set(_asr_static_names "libautoshares_reset.a")
else()
  set(_asr_shared_names "libautoshares_reset.so")
  set(_asr_static_names "libautoshares_reset.a")
endif()

function(_asr_find result)
  foreach(_directory IN LISTS _asr_own_libdir ITEMS "lib/${CMAKE_LIBRARY_ARCHITECTURE}" "lib" "lib64" "bin")
    foreach(_name IN LISTS ARGN)
      get_filename_component(_file "${_directory}/${_name}" ABSOLUTE BASE_DIR "${_asr_prefix}")
      if(EXISTS "${_file}")
        # The file itself, not a link to it: a link that is installed with a program would be dangling.
        get_filename_component(_file "${_file}" REALPATH)
        set(${result} "${_file}" PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
  set(${result} "" PARENT_SCOPE)
endfunction()

_asr_find(_asr_shared ${_asr_shared_names})
_asr_find(_asr_static ${_asr_static_names})

if(_asr_shared AND NOT TARGET autoshares_reset::autoshares_reset)
  add_library(autoshares_reset::autoshares_reset SHARED IMPORTED)
  set_target_properties(autoshares_reset::autoshares_reset PROPERTIES
    IMPORTED_LOCATION "${_asr_shared}"
    INTERFACE_INCLUDE_DIRECTORIES "${_asr_prefix}/include")
  if(WIN32)
    _asr_find(_asr_import ${_asr_import_names})
    set_target_properties(autoshares_reset::autoshares_reset PROPERTIES IMPORTED_IMPLIB "${_asr_import}")
  elseif(NOT APPLE)
    set_target_properties(autoshares_reset::autoshares_reset PROPERTIES
      IMPORTED_SONAME "libautoshares_reset.so.${autoshares_reset_VERSION_MAJOR}")
  endif()
endif()

if(_asr_static AND NOT TARGET autoshares_reset::static)
  # pkg-config's file has the system's libraries that the static library needs.
  get_filename_component(_asr_libdir "${_asr_static}" DIRECTORY)
  set(_asr_system_libs "")
  if(EXISTS "${_asr_libdir}/pkgconfig/autoshares_reset.pc")
    file(STRINGS "${_asr_libdir}/pkgconfig/autoshares_reset.pc" _asr_line REGEX "^Libs\\.private:")
    string(REGEX REPLACE "^Libs\\.private: *" "" _asr_line "${_asr_line}")
    separate_arguments(_asr_system_libs UNIX_COMMAND "${_asr_line}")
  endif()
  add_library(autoshares_reset::static STATIC IMPORTED)
  set_target_properties(autoshares_reset::static PROPERTIES
    IMPORTED_LOCATION "${_asr_static}"
    IMPORTED_LINK_INTERFACE_LANGUAGES "C"
    INTERFACE_COMPILE_DEFINITIONS ASR_STATIC
    INTERFACE_INCLUDE_DIRECTORIES "${_asr_prefix}/include"
    INTERFACE_LINK_LIBRARIES "${_asr_system_libs}")
endif()

if(NOT _asr_shared AND NOT _asr_static)
  set(autoshares_reset_FOUND FALSE)
  set(autoshares_reset_NOT_FOUND_MESSAGE "no library below ${_asr_prefix}")
endif()

foreach(_asr_variable own_libdir shared import static libdir line system_libs shared_names import_names static_names prefix)
  unset(_asr_${_asr_variable})
endforeach()
