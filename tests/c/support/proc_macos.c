#include "proc.h"

#include <arpa/inet.h>
#include <assert.h>
#include <libproc.h>
#include <malloc/malloc.h>
#include <unistd.h>

enum { MOST_DESCRIPTORS = 4096 };

/* The number of this process's descriptors, which it writes there. */
static int descriptors(struct proc_fdinfo *all) {
  int size = MOST_DESCRIPTORS * (int)sizeof *all;
  int written = proc_pidinfo(getpid(), PROC_PIDLISTFDS, 0, all, size);
  assert(written < size);
  return written > 0 ? written / (int)sizeof *all : -1;
}

int count_threads(void) {
  struct proc_taskinfo task;
  return proc_pidinfo(getpid(), PROC_PIDTASKINFO, 0, &task, sizeof task) == sizeof task ? task.pti_threadnum : -1;
}

int count_descriptors(void) {
  struct proc_fdinfo all[MOST_DESCRIPTORS];
  return descriptors(all);
}

size_t heap_in_use(void) {
  malloc_statistics_t all;
  malloc_zone_statistics(NULL, &all);
  return all.size_in_use;
}

/* The client is a part of this process. */
bool somebody_connects_to(int port) {
  struct proc_fdinfo all[MOST_DESCRIPTORS];
  int i, count = descriptors(all);
  for (i = 0; i < count; ++i) {
    struct socket_fdinfo s;
    if (proc_pidfdinfo(getpid(), all[i].proc_fd, PROC_PIDFDSOCKETINFO, &s, sizeof s) == sizeof s &&
        s.psi.soi_kind == SOCKINFO_TCP && s.psi.soi_proto.pri_tcp.tcpsi_state == TSI_S_SYN_SENT &&
        ntohs((uint16_t)s.psi.soi_proto.pri_tcp.tcpsi_ini.insi_fport) == port)
      return true;
  }
  return false;
}
