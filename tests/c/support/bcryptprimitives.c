/* A DLL of Windows 8 and newer that wine lacks in its older versions; not a part of any program. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(void *buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length) {
  return SystemFunction036(buffer, (ULONG)length);
}
