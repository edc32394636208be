// Built with -fno-exceptions: the functions that remain suffice for every call.
#define DOCTEST_CONFIG_NO_EXCEPTIONS_BUT_WITH_ALL_ASSERTS
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "support.hpp"

#if defined(AUTOSHARES_RESET_EXCEPTIONS)
#error "this file is to be built without exceptions"
#endif

TEST_CASE("all calls work without exceptions") {
  auto client = ar::Client::try_make(config_for(from_environment("AUTOSHARES_BASE_URL")));
  REQUIRE(client);
  const auto question = client->try_secret_question("hello@autoshares.com");
  REQUIRE(question);
  CHECK(*question == "What street did you live on in third grade?");
  CHECK(client->try_request_reset("hello@autoshares.com").error().code == ar::Code::answer_incorrect);
  CHECK(client->try_request_reset("hello@autoshares.com", "Maple Street"));

  std::string request;
  const Server server(note_the_request, &request);
  const auto other = ar::Client::try_make(config_for(server.url()));
  REQUIRE(other);
  const auto token = other->try_confirm_code("123456");
  REQUIRE(token);
  CHECK(other->try_set_password(*token, "Tr0ub4dor&3 horse"));

  const ar::Cancel cancel;
  cancel.trigger();
  CHECK(client->try_secret_question("robert.zak", cancel).error().code == ar::Code::cancelled);
  CHECK(ar::Client::try_make({}).error().code == ar::Code::invalid_argument);
  const ar::Client moved = *std::move(client);
  CHECK(moved.try_secret_question("robert.zak"));
}
