// Calls are ended by a Cancel or, under C++20, by a stop token, and the client stays usable.
#include "support.hpp"

#include <thread>

namespace {

// Holds the first request, and responds to those on later connections.
struct Stage {
  event reached = EVENT_INITIAL;

  static void run(connection* c) {
    char request[65536];
    while (read_request(c, request, sizeof request)) {
      if (c->number == 1) {
        event_set(&static_cast<Stage*>(c->context)->reached);
        hold(c);
        return;
      }
      respond(c, "200 OK", "", "{\"IsSucceed\":true,\"Model\":\"What?\"}");
    }
  }
};

// Makes a call that `stop` ends, and calls `trigger` in another thread once the call waits.
template <class Trigger>
void check_ended(const ar::Client& client, Stage& stage, const ar::Stop& stop, Trigger trigger) {
  std::int64_t triggered = 0;
  std::thread other([&] {
    event_wait(&stage.reached);
    triggered = now_ms();
    trigger();
  });
  const auto result = client.try_secret_question("user", stop);
  const auto ended = now_ms();
  other.join();
  REQUIRE(!result);
  CHECK(result.error().code == ar::Code::cancelled);
  CHECK(ended - triggered <= at_most_ms(100));
  CHECK(client.secret_question("user") == "What?");
}

}  // namespace

TEST_CASE("another thread cancels a waiting call") {
  Stage stage;
  const Server server(Stage::run, &stage);
  const ar::Client client(config_for(server.url()));
  const ar::Cancel cancel;
  check_ended(client, stage, cancel, [&] { cancel.trigger(); });
}

TEST_CASE("a cancel that was triggered before ends every call, moved or not") {
  Stage stage;
  const Server server(Stage::run, &stage);
  const ar::Client client(config_for(server.url()));
  ar::Cancel first;
  first.trigger();
  const ar::Cancel cancel(std::move(first));
  CHECK(client.try_secret_question("user", cancel).error().code == ar::Code::cancelled);
  CHECK(client.try_request_reset("user", "answer", cancel).error().code == ar::Code::cancelled);
  CHECK(client.try_confirm_code("code", cancel).error().code == ar::Code::cancelled);
  CHECK(client.try_set_password("token", "password", cancel).error().code == ar::Code::cancelled);
  CHECK_THROWS_AS(client.set_password("token", "password", cancel), ar::Error);
  CHECK(server.connections() == 0);
  first.trigger();  // was moved from, so this does nothing
}

#if defined(__cpp_lib_jthread)

TEST_CASE("a stop token ends a waiting call") {
  Stage stage;
  const Server server(Stage::run, &stage);
  const ar::Client client(config_for(server.url()));
  std::stop_source source;
  check_ended(client, stage, source.get_token(), [&] { source.request_stop(); });
}

TEST_CASE("a call whose stop token was triggered before sends nothing") {
  Stage stage;
  const Server server(Stage::run, &stage);
  const ar::Client client(config_for(server.url()));
  std::stop_source source;
  source.request_stop();
  CHECK(client.try_request_reset("user", std::nullopt, source.get_token()).error().code ==
        ar::Code::cancelled);
  CHECK(server.connections() == 0);
}

TEST_CASE("a jthread's stop ends the call in it") {
  Stage stage;
  const Server server(Stage::run, &stage);
  const ar::Client client(config_for(server.url()));
  ar::Code code = ar::Code::ok;
  {
    const std::jthread caller([&](const std::stop_token& token) {
      code = client.try_secret_question("user", token).error().code;
    });
    event_wait(&stage.reached);
  }
  CHECK(code == ar::Code::cancelled);
}

TEST_CASE("a token that nobody can stop, and one that outlives its call, change nothing") {
  Stage stage;
  const Server server(Stage::run, &stage);
  const ar::Client stalled(config_for(server.url()));
  std::stop_source source;
  check_ended(stalled, stage, source.get_token(), [&] { source.request_stop(); });
  CHECK(stalled.secret_question("user", std::stop_token()) == "What?");
  std::stop_source later;
  const ar::Stop stop = later.get_token();
  CHECK(stalled.secret_question("user", stop) == "What?");
  later.request_stop();
  CHECK(stalled.try_secret_question("user", stop).error().code == ar::Code::cancelled);
}

#endif
