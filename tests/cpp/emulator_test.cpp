// The four calls against the emulator.
#include "support.hpp"

#include <fstream>
#include <iterator>

namespace {

ar::Config secure() {
  ar::Config config = config_for(from_environment("AUTOSHARES_HTTPS_URL"));
  config.ca_file = from_environment("AUTOSHARES_CA_FILE");
  return config;
}

ar::Config secure_from_memory() {
  std::ifstream file(from_environment("AUTOSHARES_CA_FILE"));
  ar::Config config = config_for(from_environment("AUTOSHARES_HTTPS_URL"));
  config.ca_pem.emplace(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  return config;
}

ar::Config plain() { return config_for(from_environment("AUTOSHARES_BASE_URL")); }

ar::Code code_of(const ar::Result<>& status) { return status ? ar::Code::ok : status.error().code; }

}  // namespace

TEST_CASE("questions arrive over HTTP and HTTPS") {
  for (const auto& config : {plain(), secure(), secure_from_memory()}) {
    const ar::Client client(config);
    CHECK(client.secret_question("hello@autoshares.com") == "What street did you live on in third grade?");
    CHECK(client.secret_question("zoe@autoshares.com") ==
          "\xC2\xBF" "C\xC3\xB3mo se llamaba tu primera mascota? \xF0\x9F\x90\xB6");
    CHECK(client.secret_question("noquestion@autoshares.com") == std::nullopt);
    CHECK(client.try_secret_question("nobody").error().code == ar::Code::rejected);
    CHECK(client.try_secret_question("limited@autoshares.com").error().retry_after ==
          std::chrono::seconds(30));
  }
}

TEST_CASE("once needs no client") {
  const auto url = from_environment("AUTOSHARES_BASE_URL");
  CHECK(ar::secret_question_once(url, "emulator-app-key", "robert.zak") ==
        "What is your mother's maiden name?");
  CHECK(ar::secret_question_once(url, "emulator-app-key", "noquestion@autoshares.com") == std::nullopt);
  CHECK(ar::try_secret_question_once(url, "another-key", "robert.zak").error().code ==
        ar::Code::app_key_rejected);
}

TEST_CASE("the whole way back in") {
  const char* user = "robert.zak";
  for (const auto& config : {plain(), secure()}) {
    const ar::Client client(config);
    CHECK(code_of(client.try_request_reset(user)) == ar::Code::answer_incorrect);
    CHECK(code_of(client.try_request_reset(user, "Smith")) == ar::Code::answer_incorrect);
    client.request_reset(user, "Peterson");
    char code[32];
    last_mailed_code(user, code, sizeof code);
    CHECK(client.try_confirm_code("no-such-code").error().code == ar::Code::rejected);
    const std::string token = client.confirm_code(code);
    CHECK(code_of(client.try_set_password("no-such-token", "Tr0ub4dor&3 horse")) == ar::Code::rejected);
    CHECK(code_of(client.try_set_password(token, "x")) == ar::Code::rejected);
    client.set_password(token, "Tr0ub4dor&3 horse");
  }
}
