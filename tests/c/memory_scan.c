/* Makes every call with secrets of 64 bytes, frees everything, wipes its own copies, and looks for
 * the secrets in its own memory: memory_scan BASE_URL [CA_FILE] < SECRETS. Driven by memory_scan.py.
 * It also searches after each call, while the client and its connection exist; the client has the app key then.
 * Prints the name of each secret of which it finds 16 bytes in a row, after "kept: " if that was between calls.
 * Exit status 0: it has searched. */
#include <autoshares_reset.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { APP_KEY, USERNAME, ANSWER, CODE, TOKEN, PASSWORD, QUESTION, SECRETS };
static const char *const names[SECRETS] = {"app key",  "username", "answer",  "code",
                                           "token",    "password", "question"};

enum { SIZE = 64, PIECE = 16, CHUNK = 1 << 20 };

/* In the order of the names. Wiped before each scan; the patterns are kept masked. */
static char plain[SECRETS][SIZE + 1];
static unsigned char masked[SECRETS][SIZE];
static const unsigned char mask = 0xA7;

static void wipe(void *memory, size_t size) {
  volatile unsigned char *byte = memory;
  while (size-- > 0) *byte++ = 0;
}

/* Straight from the pipe: stdio would keep a copy. */
static bool read_secrets(void) {
  int i, j;
  for (i = 0; i < SECRETS; ++i) {
    ssize_t got = 0, some;
    while (got < SIZE && (some = read(STDIN_FILENO, plain[i] + got, (size_t)(SIZE - got))) > 0)
      got += some;
    if (got < SIZE) return false;
    for (j = 0; j < SIZE; ++j) masked[i][j] = (unsigned char)plain[i][j] ^ mask;
  }
  return true;
}

static void unmask(void) {
  int i, j;
  for (i = 0; i < SECRETS; ++i)
    for (j = 0; j < SIZE; ++j) plain[i][j] = (char)(masked[i][j] ^ mask);
}

static bool is_piece(const unsigned char *at, const unsigned char *piece) {
  int i;
  for (i = 0; i < PIECE; ++i)
    if ((at[i] ^ mask) != piece[i]) return false;
  return true;
}

static void look_through(const unsigned char *bytes, size_t size, bool found[SECRETS]) {
  size_t i;
  int secret, offset;
  for (i = 0; i + PIECE <= size; ++i)
    for (secret = 0; secret < SECRETS; ++secret)
      for (offset = 0; offset < SIZE; offset += PIECE)
        if ((bytes[i] ^ mask) == masked[secret][offset] && is_piece(bytes + i, masked[secret] + offset))
          found[secret] = true;
}

/* Every readable page of this process; the number of bytes looked through. */
static size_t scan(bool found[SECRETS]) {
  static unsigned char bytes[CHUNK + PIECE];
  FILE *maps = fopen("/proc/self/maps", "r");
  int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  unsigned long from, to;
  char line[512], access[5];
  size_t total = 0;
  while (maps && memory >= 0 && fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx %4s", &from, &to, access) != 3 || access[0] != 'r') continue;
    for (; from < to; from += CHUNK) {
      size_t wanted = to - from < sizeof bytes ? to - from : sizeof bytes;
      ssize_t got = pread(memory, bytes, wanted, (off_t)from);
      if (got <= 0) break; /* pages of the kernel's */
      look_through(bytes, (size_t)got, found);
      total += (size_t)got;
    }
  }
  if (maps) fclose(maps);
  if (memory >= 0) close(memory);
  return total;
}

/* Checks the result, and that its text is the secret that the server sent; frees it, and then searches the memory. */
static bool came_as(asr_result *result, asr_code code, const char *text, int secret, bool found[SECRETS]) {
  bool good = result->code == code && (!text || strcmp(text, plain[secret]) == 0);
  if (!good) fprintf(stderr, "%s: %s\n", asr_code_name(result->code), result->message);
  asr_result_free(result);
  wipe(plain, sizeof plain);
  scan(found);
  found[APP_KEY] = false;
  unmask();
  return good;
}

static bool make_the_calls(const char *base_url, const char *ca_file, bool found[SECRETS]) {
  asr_config *config = asr_config_new(base_url, plain[APP_KEY]);
  asr_client *client;
  asr_result *result;
  bool good;
  asr_config_set_ca_file(config, ca_file);
  client = asr_client_new(config, &result);
  asr_config_free(config);
  if (!client) return came_as(result, ASR_OK, NULL, 0, found);
  result = asr_secret_question(client, plain[USERNAME], NULL);
  good = came_as(result, ASR_OK, result->question, QUESTION, found);
  /* The first is refused with a text that holds the secrets. */
  result = asr_request_reset(client, plain[USERNAME], plain[ANSWER], NULL);
  good = came_as(result, ASR_REJECTED, NULL, 0, found) && good;
  result = asr_request_reset(client, plain[USERNAME], plain[ANSWER], NULL);
  good = came_as(result, ASR_OK, NULL, 0, found) && good;
  result = asr_confirm_code(client, plain[CODE], NULL);
  good = came_as(result, ASR_OK, result->token, TOKEN, found) && good;
  result = asr_set_password(client, plain[TOKEN], plain[PASSWORD], NULL);
  good = came_as(result, ASR_OK, NULL, 0, found) && good;
  asr_client_free(client);
  return good;
}

int main(int argc, char **argv) {
  bool kept[SECRETS] = {false}, found[SECRETS] = {false};
  bool good;
  size_t total;
  int i;
  if (argc < 2 || !read_secrets()) return 2;
  good = make_the_calls(argv[1], argc > 2 ? argv[2] : NULL, kept);
  wipe(plain, sizeof plain);
  if (!good) return 1;
  total = scan(found);
  fprintf(stderr, "# looked through %zu KiB\n", total / 1024);
  for (i = 0; i < SECRETS; ++i) {
    if (kept[i]) printf("kept: %s\n", names[i]);
    if (found[i]) puts(names[i]);
  }
  return total > 0 ? 0 : 1;
}
