// The rows of tests/cases.json, as C++ sees them: conformance CASES_FILE, with the case server at
// AUTOSHARES_CASES_URL. Prints `ok ID` or `not ok ID` a row, and the counts.
//
// A null is an empty view here, which the library refuses with the same code but in other words.
#include <autoshares_reset.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

namespace ar = autoshares_reset;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

// The outcome of a row, in the table's terms.
struct Outcome {
  ar::Failure failure;
  json question, token;

  Outcome() { failure.code = ar::Code::ok; }
};

class Row {
 public:
  explicit Row(const json& row) : row_(row) {}

  // The differences from the row's expectation, one line each.
  std::string run(const std::string& server) {
    const auto client = ar::Client::try_make(config(server));
    if (!client) check(client.error());
    else if (call() == "client_new") check(Outcome());
    else check(outcome_of(*client));
    return complaints_.str();
  }

 private:
  std::string call() const { return row_.at("call"); }

  std::string text(const json& value) {
    has_null_ = has_null_ || value.is_null();
    if (value.is_null()) return "";
    if (value.is_string()) return value;
    std::string whole;
    for (int times = value.at("times"); times > 0; --times) whole += value.at("repeat");
    return whole;
  }

  ar::Config config(const std::string& server) {
    ar::Config config;
    config.base_url = server + "/" + row_.at("id").get<std::string>();
    config.app_key = "test-app-key";
    const json settings = row_.value("config", json::object());
    for (const auto& [name, value] : settings.items()) {
      if (name == "base_url") config.base_url = text(value);
      else if (name == "app_key") config.app_key = text(value);
      else if (value.is_null()) continue;  // stands for the default
      else if (name == "api_version") config.api_version = text(value);
      else if (name == "timeout_ms") config.timeout = milliseconds(value.get<std::int64_t>());
      else if (name == "connect_timeout_ms") config.connect_timeout = milliseconds(value.get<std::int64_t>());
      else if (name == "ca_file") config.ca_file = text(value);
      else if (name == "ca_pem") config.ca_pem = text(value);
      else if (name == "proxy") config.proxy = text(value);
      else if (name == "user_agent") config.user_agent = text(value);
      else if (name == "allow_http") config.allow_http = value;
      else if (name == "base_path") config.base_url += value;
      else complain("unknown setting " + name);
    }
    return config;
  }

  Outcome outcome_of(const ar::Client& client) {
    const json& args = row_.at("args");
    const std::string first = text(args.at(0));
    Outcome outcome;
    if (call() == "secret_question") {
      const auto result = client.try_secret_question(first);
      if (!result) outcome.failure = result.error();
      else if (*result) outcome.question = **result;
      else outcome.failure.code = ar::Code::no_question;
    } else if (call() == "request_reset") {
      std::optional<std::string> answer;
      if (!args.at(1).is_null()) answer = text(args.at(1));
      const auto result = client.try_request_reset(first, answer);
      if (!result) outcome.failure = result.error();
    } else if (call() == "confirm_code") {
      const auto result = client.try_confirm_code(first);
      if (!result) outcome.failure = result.error();
      else outcome.token = *result;
    } else if (call() == "set_password") {
      const auto result = client.try_set_password(first, text(args.at(1)));
      if (!result) outcome.failure = result.error();
    } else {
      complain("unknown call " + call());
    }
    return outcome;
  }

  void check(const ar::Failure& failure) {
    Outcome outcome;
    outcome.failure = failure;
    check(outcome);
  }

  void check(const Outcome& outcome) {
    const ar::Failure& got = outcome.failure;
    const bool failed = got.code >= ar::Code::invalid_argument;
    same("code", ar::name(got.code));
    same("question", outcome.question);
    same("token", outcome.token);
    // On success the wrapper returns only the value.
    if (!failed) return;
    same("http_status", got.http_status);
    same("request_sent", static_cast<int>(got.request_sent));
    same("service_code", got.service_code ? json(*got.service_code) : json());
    within("retry_after_s", got.retry_after ? got.retry_after->count() : 0);
    if (has_null_) return;
    same("message", got.message);
    for (const std::string part : expected("message_has"))
      if (got.message.find(part) == std::string::npos) complain("not in the message: " + part + ": " + got.message);
    for (const std::string part : expected("message_lacks"))
      if (got.message.find(part) != std::string::npos) complain("in the message: " + part + ": " + got.message);
  }

  json expected(const char* name) const { return row_.at("expect").value(name, json::array()); }

  void same(const char* name, const json& actual) {
    const auto wanted = row_.at("expect").find(name);
    if (wanted == row_.at("expect").end()) return;
    const json value = wanted->is_boolean() ? json(wanted->get<bool>() ? 1 : 0) : *wanted;
    if (value != actual) complain(std::string(name) + " is " + actual.dump() + ", not " + value.dump());
  }

  void within(const char* name, std::int64_t actual) {
    const auto wanted = row_.at("expect").find(name);
    if (wanted == row_.at("expect").end() || !wanted->is_object()) return same(name, actual);
    if (actual < wanted->at("min") || actual > wanted->at("max"))
      complain(std::string(name) + " is " + std::to_string(actual));
  }

  void complain(const std::string& words) { complaints_ << "# " << words << '\n'; }

  const json& row_;
  bool has_null_ = false;
  std::ostringstream complaints_;
};

}  // namespace

int main(int argc, char** argv) {
  const char* server = std::getenv("AUTOSHARES_CASES_URL");
  std::ifstream file(argc == 2 ? argv[1] : "");
  if (!file || !server) {
    std::cerr << "usage: AUTOSHARES_CASES_URL=URL " << argv[0] << " CASES_FILE\n";
    return 2;
  }
  int passed = 0, failed = 0;
  const json table = json::parse(file);
  for (const json& row : table.at("cases")) {
    const std::string complaints = Row(row).run(server);
    std::cout << complaints << (complaints.empty() ? "ok " : "not ok ") << row.at("id").get<std::string>() << '\n';
    ++(complaints.empty() ? passed : failed);
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed != 0 || passed == 0;
}
