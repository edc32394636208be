/* Tests how the wizards read a line (examples/c/terminal.h), with a simulated keyboard. */
#include "support/test.h"

static const char *keys;
static size_t keys_left;
static int reads, settings, settings_after_a_read;

static int read_key(void) {
  ++reads;
  return keys_left-- > 0 ? (unsigned char)*keys++ : EOF;
}

static int set_buffer(void) {
  ++settings;
  if (reads > 0) ++settings_after_a_read;
  return 0;
}

#define getchar read_key
#define setvbuf(file, buffer, mode, size) set_buffer()
#include "../../examples/c/terminal.h"

static line_state type(const char *text, size_t length, char *line, size_t size) {
  keys = text;
  keys_left = length;
  return read_bytes(line, size);
}

static void stdin_is_unbuffered_once_before_the_first_read(void **state) {
  char line[8];
  assert_int_equal(type("one\n", 4, line, sizeof line), LINE_READ);
  assert_int_equal(type("two\n", 4, line, sizeof line), LINE_READ);
  assert_int_equal(settings, 1);
  assert_int_equal(settings_after_a_read, 0);
}

static void a_line_is_read_whole_or_not_at_all(void **state) {
  char line[8];
  assert_int_equal(type("123456\r\n", 8, line, sizeof line), LINE_READ);
  assert_string_equal(line, "123456");
  assert_int_equal(type("12345678\n", 9, line, sizeof line), LINE_UNUSABLE);
  assert_int_equal(type("a\0b\n", 4, line, sizeof line), LINE_UNUSABLE);
  assert_int_equal(type("\n", 1, line, sizeof line), LINE_READ);
  assert_string_equal(line, "");
  assert_int_equal(type("last", 4, line, sizeof line), LINE_READ);
  assert_string_equal(line, "last");
  assert_int_equal(type("", 0, line, sizeof line), LINE_END);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(stdin_is_unbuffered_once_before_the_first_read),
    cmocka_unit_test(a_line_is_read_whole_or_not_at_all),
  };
  return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
