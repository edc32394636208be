// Prints the secret question of an AutoShares account.
//
//     c++ -std=c++17 secret_question.cpp -lautoshares_reset -o secret_question
//     AUTOSHARES_APP_KEY=… ./secret_question [BASE_URL] USERNAME
//
// BASE_URL may come from AUTOSHARES_BASE_URL instead. The app key comes from AUTOSHARES_APP_KEY
// alone, because arguments are seen by everyone who can list processes. AUTOSHARES_CA_FILE may name
// a PEM file with the only certificates to trust, such as the emulator's.
//
// Exit status: 0 done, 1 any other failure, 2 wrong usage, 3 app key rejected, 4 the service said
// no, 5 the network failed.
#include <autoshares_reset.hpp>
#include <cstdlib>
#include <iostream>

using autoshares_reset::Code;

static int exit_status(Code code) {
  switch (code) {
  case Code::app_key_rejected:  // the user can do nothing: the broker gives out keys
    return 3;
  case Code::rejected:  // the message has the service's own text, fit to show
  case Code::answer_incorrect:
  case Code::rate_limited:  // wait for retry_after(), then try again
    return 4;
  case Code::resolve_failed:  // it may work later, or on another network
  case Code::connect_failed:
  case Code::tls_failed:
  case Code::timeout:
  case Code::connection_lost:
    return 5;
  default:  // wrong settings, a service that failed, or another server at the base URL
    return 1;
  }
}

int main(int argc, char** argv) {
  const char* base_url = argc == 3 ? argv[1] : std::getenv("AUTOSHARES_BASE_URL");
  const char* app_key = std::getenv("AUTOSHARES_APP_KEY");
  if (argc < 2 || argc > 3 || !base_url || !app_key) {
    std::cerr << "usage: AUTOSHARES_APP_KEY=KEY " << argv[0]
              << " [BASE_URL] USERNAME (BASE_URL else from AUTOSHARES_BASE_URL)\n";
    return 2;
  }

  autoshares_reset::Config config;
  config.base_url = base_url;
  config.app_key = app_key;
  if (const char* ca_file = std::getenv("AUTOSHARES_CA_FILE")) config.ca_file = ca_file;

  try {
    const autoshares_reset::Client client(config);
    const auto question = client.secret_question(argv[argc - 1]);
    std::cout << question.value_or("This account has no secret question.") << '\n';
    return 0;
  } catch (const autoshares_reset::Error& error) {
    std::cerr << error.what();
    if (error.retry_after()) std::cerr << " (Wait for " << error.retry_after()->count() << " s.)";
    std::cerr << '\n';
    return exit_status(error.code());
  }
}
