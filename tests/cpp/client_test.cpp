// Tests the additions of the wrapper to the C calls: ownership, optional values, exceptions, its own refusals.
#include "support.hpp"

#include <filesystem>
#include <type_traits>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;

static_assert(!std::is_copy_constructible_v<ar::Client> && !std::is_copy_assignable_v<ar::Client>);
static_assert(std::is_nothrow_move_constructible_v<ar::Client>);
static_assert(std::is_nothrow_move_assignable_v<ar::Client>);
static_assert(!std::is_copy_constructible_v<ar::Cancel>);
static_assert(std::is_nothrow_move_constructible_v<ar::Cancel>);
static_assert(std::is_convertible_v<ar::Cancel&, ar::Stop>);
static_assert(!std::is_constructible_v<ar::Stop, ar::Cancel>, "or it would refer to a token that is gone");
static_assert(std::is_nothrow_copy_constructible_v<ar::Error>, "or throwing one could end the process");
static_assert(std::is_base_of_v<std::runtime_error, ar::Error>);

namespace {

// The failure that a call throws.
template <class Call>
ar::Failure failure_of(Call call) {
  try {
    call();
  } catch (const ar::Error& error) {
    CHECK(error.what() == error.failure().message);
    CHECK(error.code() == error.failure().code);
    return error.failure();
  }
  FAIL("nothing was thrown");
  return {};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void respond_limited(connection* c) {
  char request[65536];
  while (read_request(c, request, sizeof request))
    respond(c, "429 Slow", "Retry-After: 30\r\n",
           R"({"IsSucceed":false,"Errors":["Slow down, please"],"ErrorsCode":["TooMany","Second"]})");
}

}  // namespace

TEST_CASE("a client serves, moves and serves again") {
  std::string request;
  const Server server(note_the_request, &request);
  ar::Client first(config_for(server.url()));
  CHECK(first.secret_question("a+b@c") == "What?");
  CHECK(has(request, "GET /v1.0/users/password/secret-question?username=a%2Bb%40c HTTP/1.1"));

  ar::Client second(std::move(first));
  CHECK(second.secret_question("user") == "What?");
  ar::Client third(config_for(server.url()));
  third = std::move(second);
  CHECK(third.secret_question("user") == "What?");
  CHECK(server.connections() == 1);

  CHECK(failure_of([&] { (void)first.secret_question("user"); }).code == ar::Code::invalid_argument);
  CHECK(first.try_set_password("token", "password").error().code == ar::Code::invalid_argument);
}

TEST_CASE("a view is sent to its end and no further") {
  std::string request;
  const Server server(note_the_request, &request);
  const ar::Client client(config_for(server.url()));
  const std::string_view text = "user-and-more";
  CHECK(client.secret_question(text.substr(0, 4)) == "What?");
  CHECK(has(request, "username=user HTTP"));
}

TEST_CASE("each call sends its arguments") {
  std::string request;
  const Server server(note_the_request, &request);
  const ar::Client client(config_for(server.url()));
  client.request_reset("user");
  CHECK(has(request, "POST /v1.0/users/password/reset HTTP/1.1"));
  CHECK(has(request, R"({"User":"user"})"));
  client.request_reset("user", "an answer");
  CHECK(has(request, R"({"User":"user","SecretQuestionAnswer":"an answer"})"));
  client.request_reset("user", std::optional<std::string>("another"));
  CHECK(has(request, R"("another")"));
  char typed[] = "a third";
  client.request_reset("user", typed);
  CHECK(has(request, R"("a third")"));
  CHECK(client.confirm_code("123456") == "What?");
  CHECK(has(request, "POST /v1.0/users/password/reset/code HTTP/1.1"));
  CHECK(has(request, R"({"Code":"123456"})"));
  client.set_password("token", "password");
  CHECK(has(request, "PUT /v1.0/users/passwords/reset/ HTTP/1.1"));
  CHECK(has(request, R"({"Token":"token","Password":"password","PasswordConfirmation":"password"})"));
}

TEST_CASE("an absent answer can be passed in every way of C++ and C") {
  std::string request;
  const Server server(note_the_request, &request);
  const ar::Client client(config_for(server.url()));
  const auto sent_without_answer = [&](const ar::Result<>& status) {
    const bool sent = status && has(request, R"({"User":"user"})");
    request.clear();
    return sent;
  };
  const char* none = nullptr;
  CHECK(sent_without_answer(client.try_request_reset("user", nullptr)));
  CHECK(sent_without_answer(client.try_request_reset("user", none)));
  CHECK(sent_without_answer(client.try_request_reset("user", std::nullopt)));
  CHECK(sent_without_answer(client.try_request_reset("user", {})));
  client.request_reset("user", nullptr);
  CHECK(sent_without_answer(std::monostate()));
  client.request_reset("user", none);
  CHECK(sent_without_answer(std::monostate()));
}

TEST_CASE("settings reach the library") {
  std::string request;
  const Server server(note_the_request, &request);
  ar::Config config = config_for(server.url());
  config.api_version = "2.5";
  config.user_agent = "somebody/1";
  config.timeout = 5s;
  config.connect_timeout = std::chrono::hours(24 * 365);  // more than C can hold
  config.proxy = "";
  const ar::Client client(config);
  CHECK(client.secret_question("user") == "What?");
  CHECK(has(request, "GET /v2.5/"));
  CHECK(has(request, ": somebody/1 "));

  config.timeout = 1ms;
  CHECK(failure_of([&] {
          const Server silent(hold);
          config.base_url = silent.url();
          (void)ar::Client(config).secret_question("user");
        }).code == ar::Code::timeout);
}

TEST_CASE("a bad setting is named") {
  const auto named = [](auto change, const char* setting) {
    ar::Config config = config_for("http://127.0.0.1:1");
    change(config);
    const auto failure = failure_of([&] { ar::Client client(config); });
    CHECK(failure.code == ar::Code::invalid_argument);
    CHECK_MESSAGE(has(failure.message, setting), failure.message);
    CHECK(ar::Client::try_make(config).error().message == failure.message);
  };
  named([](ar::Config& c) { c.base_url = ""; }, "The base URL");
  named([](ar::Config& c) { c.app_key = "a\nb"; }, "The app key");
  named([](ar::Config& c) { c.api_version = ".."; }, "The API version");
  named([](ar::Config& c) { c.timeout = 0ms; }, "The timeout");
  named([](ar::Config& c) { c.timeout = -1ms; }, "The timeout");
  named([](ar::Config& c) { c.connect_timeout = 0ms; }, "The connect timeout");
  named([](ar::Config& c) { c.ca_file = "/no/such/file"; }, "The CA file");
  named([](ar::Config& c) { c.ca_pem = "no certificate"; }, "The CA PEM text");
  named([](ar::Config& c) { c.proxy = "socks5://127.0.0.1"; }, "The proxy");
  named([](ar::Config& c) { c.user_agent = "\xC3\xA9"; }, "The user agent");
  ar::Config elsewhere = config_for("http://api.example");
  CHECK(ar::Client::try_make(elsewhere).error().code == ar::Code::insecure_url);
  elsewhere.allow_http = true;
  CHECK(ar::Client::try_make(elsewhere));
}

TEST_CASE("a path is UTF-8 text or a std::filesystem::path") {
  const std::string text = "caf\xC3\xA9.pem";
  const auto path = std::filesystem::u8path(text);
  ar::Config config;
  const auto is_text = [&] { return config.ca_file && config.ca_file->string() == text; };
  config.ca_file = text;
  CHECK(is_text());
  config.ca_file = text.c_str();
  CHECK(is_text());
  config.ca_file = std::string_view(text);
  CHECK(is_text());
  config.ca_file = path;
  CHECK(is_text());
  config.ca_file = path.u8string();
  CHECK(is_text());
  config.ca_file = u8"caf\u00E9.pem";
  CHECK(is_text());
  config.ca_file = std::optional<std::string>(text);
  CHECK(is_text());
}

TEST_CASE("U+0000 is refused by name, and nothing is sent") {
  std::string request;
  const Server server(note_the_request, &request);
  const ar::Client client(config_for(server.url()));
  const std::string cut = "good\0bad"s;
  const auto refused = [](const auto& result, const char* argument) {
    REQUIRE(!result);
    CHECK(result.error().code == ar::Code::invalid_argument);
    CHECK(result.error().message == argument + " contains a null character."s);
    CHECK(!result.error().request_sent);
  };
  refused(client.try_secret_question(cut), "The user name");
  refused(client.try_request_reset(cut), "The user name");
  refused(client.try_request_reset("user", cut), "The answer");
  refused(client.try_confirm_code(cut), "The code");
  refused(client.try_set_password(cut, "password"), "The token");
  refused(client.try_set_password("token", cut), "The new password");
  refused(ar::try_secret_question_once(cut, "key", "user"), "The base URL");
  refused(ar::try_secret_question_once(server.url(), cut, "user"), "The app key");
  refused(ar::try_secret_question_once(server.url(), "key", cut), "The user name");
  const auto refused_setting = [&](auto change, const char* setting) {
    ar::Config config = config_for(server.url());
    change(config);
    refused(ar::Client::try_make(config), setting);
  };
  refused_setting([&](ar::Config& c) { c.base_url = cut; }, "The base URL");
  refused_setting([&](ar::Config& c) { c.app_key = cut; }, "The app key");
  refused_setting([&](ar::Config& c) { c.api_version = cut; }, "The API version");
  refused_setting([&](ar::Config& c) { c.ca_file = cut; }, "The CA file");
  refused_setting([&](ar::Config& c) { c.ca_pem = cut; }, "The CA PEM text");
  refused_setting([&](ar::Config& c) { c.proxy = cut; }, "The proxy");
  refused_setting([&](ar::Config& c) { c.user_agent = cut; }, "The user agent");
  CHECK(server.connections() == 0);
}

TEST_CASE("a failure has every part of the service's response") {
  const Server server(respond_limited);
  const ar::Client client(config_for(server.url()));
  try {
    client.request_reset("user");
    FAIL("nothing was thrown");
  } catch (const ar::Error& error) {
    const ar::Error copy = error;
    CHECK(copy.what() == "Slow down, please."s);
    CHECK(copy.code() == ar::Code::rate_limited);
    CHECK(copy.http_status() == 429);
    CHECK(copy.retry_after() == 30s);
    CHECK(copy.service_code() == "TooMany");
    CHECK(copy.request_sent());
    CHECK(copy.os_error() == 0);
  }
}

TEST_CASE("a moved-from error keeps its failure") {
  ar::Failure failure;
  failure.code = ar::Code::rejected;
  failure.service_code = "x";
  ar::Error first(failure);
  const ar::Error second = std::move(first);
  ar::Error third(ar::Failure{});
  third = std::move(first);
  for (const ar::Error& error : {first, second, third}) {
    CHECK(error.code() == ar::Code::rejected);
    CHECK(error.service_code() == "x");
  }
}

TEST_CASE("a connection that is made ahead serves the next call, and sends nothing by itself") {
  std::string request;
  const Server server(note_the_request, &request);
  const ar::Client client(config_for(server.url()));
  client.connect();
  CHECK(client.try_connect());
  CHECK(request.empty());
  CHECK(client.secret_question("user") == "What?");
  CHECK(server.connections() == 1);
  const ar::Cancel cancel;
  cancel.trigger();
  CHECK(ar::Client(config_for("http://127.0.0.1:1")).try_connect(cancel).error().code == ar::Code::cancelled);
}

TEST_CASE("a network failure has the system's error number") {
  std::string url;
  {
    std::string request;
    url = Server(note_the_request, &request).url();
  }
  const auto failure = failure_of([&] { (void)ar::secret_question_once(url, "key", "user"); });
  CHECK(failure.code == ar::Code::connect_failed);
  CHECK(failure.os_error != 0);
  CHECK(has(failure.details, url.substr(url.rfind('/') + 1)));
  CHECK(ar::Error(failure).details() == failure.details);
  CHECK(failure.http_status == 0);
  CHECK(!failure.request_sent);
  CHECK(!failure.retry_after);
  CHECK(!failure.service_code);
}

TEST_CASE("a result is read like an expected value") {
  ar::Result<std::string> good("value");
  CHECK(good.has_value());
  CHECK(*good == "value");
  CHECK(good->size() == 5);
  CHECK(std::as_const(good)->size() == 5);
  CHECK(std::as_const(good).value() == "value");
  good.value() += "s";
  CHECK(*good == "values");
  CHECK(good.value_or("other") == "values");
  CHECK(std::move(good).value_or("other") == "values");
  good = std::string("value");
  CHECK(std::move(good).value() == "value");

  ar::Failure failure;
  failure.code = ar::Code::timeout;
  failure.message = "Too slow.";
  ar::Result<std::string> bad(failure);
  CHECK(!bad);
  CHECK(bad.error().code == ar::Code::timeout);
  CHECK(bad.value_or("other") == "other");
  CHECK(ar::Result<std::optional<std::string>>(failure).value_or(std::nullopt) == std::nullopt);
  CHECK_THROWS_WITH_AS(bad.value(), "Too slow.", ar::Error);
  CHECK_THROWS_WITH_AS(std::as_const(bad).value(), "Too slow.", ar::Error);
  CHECK_THROWS_WITH_AS(std::move(bad).value(), "Too slow.", ar::Error);
}

TEST_CASE("codes have names") {
  CHECK(ar::name(ar::Code::timeout) == "ASR_TIMEOUT"s);
  CHECK(ar::name(static_cast<ar::Code>(77)) == "ASR_UNKNOWN"s);
  CHECK(static_cast<asr_code>(ar::Code::internal) == ASR_INTERNAL);
}
