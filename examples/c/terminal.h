/* Asks a person at the terminal for a line of UTF-8, with or without echo. For the wizards in C and C++. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <signal.h>
#include <termios.h>
#include <unistd.h>
#endif

/* Overwrites a secret; through volatile, or the compiler would leave it out. */
static inline void wipe(void *memory, size_t size) {
  volatile unsigned char *byte = (volatile unsigned char *)memory;
  while (size-- > 0) *byte++ = 0;
}

/* The line did not fit or holds a NUL: a shortened copy would be another text. */
typedef enum { LINE_READ, LINE_UNUSABLE, LINE_END } line_state;

/* Reads byte by byte, so that no buffer of stdio keeps a password. */
static inline line_state read_bytes(char *line, size_t size) {
  static bool unbuffered = false;
  size_t length = 0;
  bool usable = true;
  int byte;
  /* C allows it before the first read only. */
  if (!unbuffered) unbuffered = setvbuf(stdin, NULL, _IONBF, 0) == 0;
  while ((byte = getchar()) != EOF && byte != '\n') {
    if (byte == '\0' || length + 1 == size) usable = false;
    else line[length++] = (char)byte;
  }
  if (length > 0 && line[length - 1] == '\r') --length;
  line[length] = '\0';
  if (byte == EOF && length == 0) return LINE_END;
  return usable ? LINE_READ : LINE_UNUSABLE;
}

#ifdef _WIN32

/* The console speaks UTF-16; its byte interface loses characters outside the code page. */
static inline line_state read_line(char *line, size_t size, bool echo) {
  wchar_t wide[1024];
  HANDLE console = GetStdHandle(STD_INPUT_HANDLE);
  DWORD mode, units = 0;
  int length;
  BOOL read;
  if (!GetConsoleMode(console, &mode)) return read_bytes(line, size);
  SetConsoleMode(console, echo ? mode : mode & ~(DWORD)ENABLE_ECHO_INPUT);
  read = ReadConsoleW(console, wide, sizeof wide / sizeof *wide, &units, NULL);
  SetConsoleMode(console, mode);
  if (!echo) putchar('\n');
  if (!read || units == 0 || wide[0] == 0x1A) return LINE_END; /* Ctrl-Z */
  if (wide[units - 1] != L'\n') { /* too long: discard the rest */
    while (ReadConsoleW(console, wide, sizeof wide / sizeof *wide, &units, NULL) && units > 0 &&
           wide[units - 1] != L'\n') {
    }
    wipe(wide, sizeof wide);
    return LINE_UNUSABLE;
  }
  while (units > 0 && (wide[units - 1] == L'\n' || wide[units - 1] == L'\r')) --units;
  length = units == 0 ? 0
                      : WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, (int)units, line,
                                            (int)size - 1, NULL, NULL);
  wipe(wide, sizeof wide);
  line[length] = '\0';
  return units > 0 && length == 0 ? LINE_UNUSABLE : LINE_READ;
}

#else

static struct termios terminal_as_it_was;

/* Ctrl-C at a password must not leave the terminal without echo. */
static inline void show_and_end(int signal_number) {
  tcsetattr(STDIN_FILENO, TCSANOW, &terminal_as_it_was);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

static inline line_state read_line(char *line, size_t size, bool echo) {
  static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  void (*before[sizeof ending / sizeof *ending])(int);
  struct termios hidden;
  line_state state;
  size_t i;
  if (echo || tcgetattr(STDIN_FILENO, &terminal_as_it_was) != 0) return read_bytes(line, size);
  for (i = 0; i < sizeof ending / sizeof *ending; ++i) before[i] = signal(ending[i], show_and_end);
  hidden = terminal_as_it_was;
  hidden.c_lflag &= ~(tcflag_t)ECHO;
  hidden.c_lflag |= ECHONL;
  /* Ctrl-Z would leave the terminal to the shell, which sets it up anew: on coming back it would echo. */
  hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  state = read_bytes(line, size);
  tcsetattr(STDIN_FILENO, TCSANOW, &terminal_as_it_was);
  for (i = 0; i < sizeof ending / sizeof *ending; ++i) signal(ending[i], before[i]);
  return state;
}

#endif

/* Asks until there is a usable line. False: the person gave none, or the input ended. */
static inline bool ask(const char *prompt, char *line, size_t size, bool echo) {
  line_state state;
  do {
    printf("%s", prompt);
    fflush(stdout);
    state = read_line(line, size, echo);
    if (state == LINE_UNUSABLE) fprintf(stderr, "That is too long, or not text. Please try again.\n");
  } while (state == LINE_UNUSABLE);
  return state == LINE_READ && line[0] != '\0';
}

#endif
