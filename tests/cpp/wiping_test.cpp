// The wrapper's own copies of its arguments are wiped: no freed block of this process holds a secret.
#include "support.hpp"

#include <cstring>
#include <malloc.h>
#include <new>

namespace {

// Longer than a string's internal buffer; no byte is that of a wiped one.
const char secret[] = "0123456789abcdef-a-secret-that-is-on-the-heap-0123456789abcdef";
bool watching = false;
int found = 0;

void respond_ok(connection* c) {
  char request[65536];
  while (read_request(c, request, sizeof request))
    respond(c, "200 OK", "", R"({"IsSucceed":true,"Model":"What?"})");
}

void look(void* block) {
  if (watching && block && memmem(block, malloc_usable_size(block), secret + 16, 32)) ++found;
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* block = std::malloc(size)) return block;
  std::abort();
}
void operator delete(void* block) noexcept {
  look(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

TEST_CASE("no freed copy of an argument holds it") {
  const Server server(respond_ok);
  ar::Config config = config_for(server.url());
  config.app_key = secret;
  const ar::Client client(config);

  watching = true;
  { const std::string unwiped(secret); }
  REQUIRE(found == 1);  // the watch finds a secret that is not wiped
  found = 0;

  CHECK(client.try_secret_question(secret));
  CHECK(client.try_request_reset(secret, secret));
  CHECK(client.try_confirm_code(secret));
  CHECK(client.try_set_password(secret, secret));
  CHECK(ar::try_secret_question_once(server.url(), secret, secret));
  CHECK(ar::Client::try_make(config));
  CHECK(!client.try_confirm_code(std::string_view(secret, sizeof secret)));  // refused for its NUL
  watching = false;
  CHECK(found == 0);
}
