/* A DLL of Windows 8 and newer that older versions of wine lack; no program contains it. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(void *buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length) {
  return SystemFunction036(buffer, (ULONG)length);
}
