#include <dirent.h>
#include <stdio.h>

int count_in_proc(const char *folder);

int count_in_proc(const char *folder) {
  char path[64];
  int count = 0;
  DIR *entries;
  struct dirent *entry;
  snprintf(path, sizeof path, "/proc/self/%s", folder);
  entries = opendir(path);
  if (!entries) return -1;
  while ((entry = readdir(entries)))
    if (entry->d_name[0] != '.') ++count;
  closedir(entries);
  return count;
}
