// The wrapper refuses a library that is older than the header before it calls anything else in it.
#include "support.hpp"

// Replaces the library's own function, so that the library seems to have no additions at all.
extern "C" uint32_t asr_abi_version(void) { return 0; }

TEST_CASE("an older library is refused") {
  const auto made = ar::Client::try_make(config_for("http://127.0.0.1:1"));
  REQUIRE(!made);
  CHECK(made.error().code == ar::Code::internal);
  CHECK(made.error().message.find("older than the header") != std::string::npos);
  CHECK_THROWS_AS(ar::Client(config_for("http://127.0.0.1:1")), ar::Error);
  CHECK(ar::try_secret_question_once("http://127.0.0.1:1", "key", "user").error().code == ar::Code::internal);
}
