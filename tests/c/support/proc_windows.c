#include "proc.h"

#include <winsock2.h>
#include <windows.h>
#include <iphlpapi.h>
#include <assert.h>
#include <stdlib.h>
#include <tlhelp32.h>

int count_threads(void) {
  HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  THREADENTRY32 thread = {.dwSize = sizeof thread};
  int count = 0;
  BOOL more;
  if (all == INVALID_HANDLE_VALUE) return -1;
  for (more = Thread32First(all, &thread); more; more = Thread32Next(all, &thread))
    if (thread.th32OwnerProcessID == GetCurrentProcessId()) ++count;
  CloseHandle(all);
  return count;
}

int count_descriptors(void) {
  DWORD count;
  return GetProcessHandleCount(GetCurrentProcess(), &count) ? (int)count : -1;
}

size_t heap_in_use(void) {
  HANDLE heap = GetProcessHeap();
  PROCESS_HEAP_ENTRY entry = {0};
  size_t sum = 0;
  HeapLock(heap);
  while (HeapWalk(heap, &entry))
    if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) sum += entry.cbData;
  HeapUnlock(heap);
  return sum;
}

bool somebody_connects_to(int port) {
  ULONG size = 0;
  MIB_TCPTABLE *table = NULL;
  bool found = false;
  DWORD i;
  while (GetTcpTable(table, &size, FALSE) == ERROR_INSUFFICIENT_BUFFER) {
    free(table);
    table = malloc(size);
    assert(table);
  }
  for (i = 0; table && i < table->dwNumEntries; ++i)
    found |= table->table[i].dwState == MIB_TCP_STATE_SYN_SENT &&
             ntohs((u_short)table->table[i].dwRemotePort) == port;
  free(table);
  return found;
}
