// The secret question from the emulator. The wizard, which examples_check.py plays, makes the other calls.
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
