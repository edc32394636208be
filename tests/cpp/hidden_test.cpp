// An Error is caught across shared libraries that hide their symbols. Built three times: with -DTHROWS and -DCATCHES as
// such libraries, and as the program that needs both; with libc++, which tells types apart by their addresses.
#if defined(THROWS) || defined(CATCHES)
#include <autoshares_reset.hpp>
#else
#include <cstdio>
#endif

__attribute__((visibility("default"))) void ask();
__attribute__((visibility("default"))) bool is_caught();

#if defined(THROWS)
void ask() { (void)autoshares_reset::secret_question_once("ftp://nowhere", "key", "user"); }
#elif defined(CATCHES)
bool is_caught() {
  try {
    ask();
  } catch (const autoshares_reset::Error& error) {
    return error.code() == autoshares_reset::Code::invalid_argument;
  } catch (...) {
  }
  return false;
}
#else
int main() {
  const bool caught = is_caught();
  std::printf("%s - an Error is caught across libraries that hide their symbols\n", caught ? "ok" : "not ok");
  return caught ? 0 : 1;
}
#endif
