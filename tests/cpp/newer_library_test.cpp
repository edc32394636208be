// A newer library may return a success code that the header does not have.
#include "support.hpp"

// Replaces the library's function.
extern "C" asr_result* asr_confirm_code(const asr_client*, const char*, asr_cancel*) {
  asr_result* result = asr_secret_question(nullptr, nullptr, nullptr);
  result->code = 2;
  return result;
}

TEST_CASE("a success without a token is an error") {
  const ar::Client client(config_for("http://127.0.0.1:1"));
  const auto token = client.try_confirm_code("123456");
  REQUIRE(!token);
  CHECK(token.error().code == ar::Code::internal);
  CHECK(token.error().message.find("no token") != std::string::npos);
  CHECK_THROWS_AS((void)client.confirm_code("123456"), ar::Error);
}
