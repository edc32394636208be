#include "lookup.h"

#include <stdatomic.h>
#include <string.h>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdlib.h>
#else
#include <dlfcn.h>
#include <netdb.h>
#define WSAAPI
#endif

event lookup_has_begun = EVENT_INITIAL, lookup_may_end = EVENT_INITIAL;

static atomic_int count;

int lookup_count(void) { return count; }

typedef int WSAAPI look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static look_up *systems_own;

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The names that RFC 2606 reserves for tests, and those by which a PAC file is discovered: no name server gets a query for
 * them. */
static bool is_reserved(const char *node) {
  return ends_with(node, ".invalid") || ends_with(node, ".example") || ends_with(node, ".test") ||
         strcmp(node, "test") == 0 || strncmp(node, "wpad", 4) == 0;
}

static int WSAAPI as_the_test_wants(const char *node, const char *service,
                                    const struct addrinfo *hints, struct addrinfo **result) {
  if (node && ends_with(node, STALLED_NAME)) {
    ++count;
    event_set(&lookup_has_begun);
    event_wait(&lookup_may_end);
    return systems_own("127.0.0.1", service, hints, result);
  }
  if (node && ends_with(node, TWO_ADDRESSES_NAME)) {
    int status;
    ++count;
    status = systems_own("127.0.0.2", service, hints, result);
    return status ? status : systems_own("127.0.0.1", service, hints, &(*result)->ai_next);
  }
  if (node && strcmp(node, BROKEN_NAME) == 0) {
    int status = systems_own("127.0.0.1", service, hints, result);
    if (status == 0) (*result)->ai_addrlen = 1;
    return status;
  }
  if (node && is_reserved(node)) return EAI_NONAME;
  return systems_own(node, service, hints, result);
}

#ifdef _WIN32

/* Windows binds a name to one library's function: the place where the library under test keeps the
 * function's address has to be written over. */
__attribute__((constructor)) static void take_over(void) {
  char *library = (char *)GetModuleHandleA("autoshares_reset.dll");
  const IMAGE_NT_HEADERS *headers;
  const IMAGE_IMPORT_DESCRIPTOR *from;
  if (!library) abort();
  headers = (void *)(library + ((IMAGE_DOS_HEADER *)(void *)library)->e_lfanew);
  from = (void *)(library + headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress);
  for (; from->Name; ++from) {
    const IMAGE_THUNK_DATA *name = (void *)(library + from->OriginalFirstThunk);
    IMAGE_THUNK_DATA *address = (void *)(library + from->FirstThunk);
    for (; name->u1.AddressOfData; ++name, ++address) {
      const IMAGE_IMPORT_BY_NAME *import = (void *)(library + name->u1.AddressOfData);
      DWORD before;
      if (IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal) || strcmp(import->Name, "getaddrinfo") != 0) continue;
      if (!VirtualProtect(address, sizeof *address, PAGE_READWRITE, &before)) abort();
      systems_own = (look_up *)address->u1.Function;
      address->u1.Function = (ULONG_PTR)as_the_test_wants;
      VirtualProtect(address, sizeof *address, before, &before);
    }
  }
  if (!systems_own) abort();
}

#elif defined(__APPLE__)

/* Programs link this file as a library. dyld then replaces the second function by the first one in all other files. */
__attribute__((used, section("__DATA,__interpose"))) static const struct {
  look_up *replacement, *replaced;
} interposed = {as_the_test_wants, getaddrinfo};

__attribute__((constructor)) static void find_systems_own(void) { systems_own = getaddrinfo; }

#else

__attribute__((constructor)) static void find_systems_own(void) {
  void *found = dlsym(RTLD_NEXT, "getaddrinfo");
  memcpy(&systems_own, &found, sizeof found); /* ISO C has no cast from data to function pointer */
}

/* Replaces the C library's function in this process, as LD_PRELOAD could. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  return as_the_test_wants(node, service, hints, result);
}

#endif
