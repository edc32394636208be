# Reads the version from the installed header, the only place that has it. A version is compatible if it has the requested
# major number, as the SONAME does, and is not older than requested.

get_filename_component(_asr_header "${CMAKE_CURRENT_LIST_DIR}/../../../include/autoshares_reset.h" ABSOLUTE)
foreach(_asr_part MAJOR MINOR PATCH)
  file(STRINGS "${_asr_header}" _asr_line REGEX "^#define ASR_VERSION_${_asr_part} [0-9]+")
  string(REGEX REPLACE "^#define ASR_VERSION_${_asr_part} ([0-9]+).*" "\\1" _asr_${_asr_part} "${_asr_line}")
endforeach()

set(PACKAGE_VERSION "${_asr_MAJOR}.${_asr_MINOR}.${_asr_PATCH}")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION OR NOT PACKAGE_FIND_VERSION_MAJOR EQUAL _asr_MAJOR)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
