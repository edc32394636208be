// The way back into an AutoShares account, as a dialog at the terminal: asks for a reset, for the
// answer to the secret question where the account has one, for the mailed code, and for the new
// password. An empty line stops it anywhere.
//
//     c++ -std=c++17 wizard.cpp -lautoshares_reset -o wizard
//     AUTOSHARES_APP_KEY=… ./wizard [BASE_URL] [USERNAME]
//
// Settings and exit status are those of secret_question.cpp.
#include "../c/terminal.h"
#include <autoshares_reset.hpp>
#include <cstdlib>
#include <iostream>

using autoshares_reset::Client;
using autoshares_reset::Code;
using autoshares_reset::Error;

namespace {

struct Stopped {};

// What a person typed, wiped when it goes. Throws Stopped where the person gave nothing.
class Line {
 public:
  Line(const char* prompt, bool echo) {
    if (!ask(prompt, text_, sizeof text_, echo)) throw Stopped();
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { wipe(text_, sizeof text_); }
  operator std::string_view() const { return text_; }

 private:
  char text_[1024];
};

// A text of the library's, wiped when it goes.
struct Secret {
  std::string text;
  ~Secret() { wipe(&text[0], text.size()); }
};

// Runs a step again, after saying what was wrong, for as long as other input may help.
template <class Step>
auto until_accepted(Step step) {
  for (;;) {
    try {
      return step();
    } catch (const Error& error) {
      if (error.code() != Code::rejected && error.code() != Code::answer_incorrect &&
          error.code() != Code::invalid_argument)
        throw;
      std::cerr << error.what() << '\n';
    }
  }
}

// Has the service mail a code, which takes the answer to the secret question where there is one.
void request_reset(const Client& client, std::string_view user) {
  const auto done = client.try_request_reset(user);
  if (done) return;
  if (done.error().code != Code::answer_incorrect) throw Error(done.error());

  const auto question = client.secret_question(user);
  if (!question) throw Error(done.error());
  std::cout << *question << '\n';
  until_accepted([&] { client.request_reset(user, Line("Answer: ", true)); });
}

void set_password(const Client& client, std::string_view token) {
  until_accepted([&] {
    for (;;) {
      const Line password("New password: ", false), repeated("Repeat it: ", false);
      if (std::string_view(password) == std::string_view(repeated))
        return client.set_password(token, password);
      std::cerr << "The two are not the same.\n";
    }
  });
}

void reset(const Client& client, std::string_view user) {
  request_reset(client, user);
  std::cout << "A code is on its way to you by mail.\n";
  const Secret token{until_accepted([&] { return client.confirm_code(Line("Code: ", true)); })};
  set_password(client, token.text);
  std::cout << "Your password is changed.\n";
}

int exit_status(Code code) {
  switch (code) {
  case Code::app_key_rejected:
    return 3;
  case Code::rejected:
  case Code::answer_incorrect:
  case Code::rate_limited:
    return 4;
  case Code::resolve_failed:
  case Code::connect_failed:
  case Code::tls_failed:
  case Code::timeout:
  case Code::connection_lost:
    return 5;
  default:
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* app_key = std::getenv("AUTOSHARES_APP_KEY");
  const char* base_url = std::getenv("AUTOSHARES_BASE_URL");
  int next = 1;
  if (next < argc && std::string_view(argv[next]).find("://") != std::string_view::npos)
    base_url = argv[next++];
  const char* user = next < argc ? argv[next++] : nullptr;
  if (next < argc || !base_url || !app_key) {
    std::cerr << "usage: AUTOSHARES_APP_KEY=KEY " << argv[0]
              << " [BASE_URL] [USERNAME] (BASE_URL else from AUTOSHARES_BASE_URL)\n";
    return 2;
  }

  autoshares_reset::Config config;
  config.base_url = base_url;
  config.app_key = app_key;
  if (const char* ca_file = std::getenv("AUTOSHARES_CA_FILE")) config.ca_file = ca_file;
#ifdef _WIN32
  SetConsoleOutputCP(CP_UTF8);
#endif

  try {
    const Client client(config);
    if (user) reset(client, user);
    else reset(client, Line("Username: ", true));
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    if (error.retry_after())
      std::cerr << "Please try again in " << error.retry_after()->count() << " s.\n";
    return exit_status(error.code());
  } catch (const Stopped&) {
    std::cerr << "Stopped. The password is not changed.\n";
    return 1;
  }
}
