// The password reset of an AutoShares account, as a dialog at the terminal: asks for a reset, for the
// answer to the secret question where the account has one, for the mailed code, and for the new
// password. An empty line stops it anywhere.
//
//     c++ -std=c++17 -pthread wizard.cpp -lautoshares_reset -o wizard
//     AUTOSHARES_APP_KEY=… ./wizard [BASE_URL] [USERNAME]
//
// Settings and exit status are those of secret_question.cpp.
#include "../c/terminal.h"
#include <autoshares_reset.hpp>
#include <cstdlib>
#include <iostream>
#include <system_error>
#include <thread>

using autoshares_reset::Cancel;
using autoshares_reset::Client;
using autoshares_reset::Code;
using autoshares_reset::Error;

namespace {

struct Stopped {};
struct NewCode {};

// Thrown after a failure that was already printed.
struct Ended {
  int status;
};

// Reads a line, which the destructor wipes. Throws Stopped at the end of input.
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

// A text of the library, which the destructor wipes.
struct Secret {
  std::string text;
  ~Secret() { wipe(&text[0], text.size()); }
};

// The new password was sent, but no response arrived.
bool outcome_unknown = false;
// A code was mailed, so the service knows the user.
bool user_known = false;

void say(const Error& error) {
  std::cerr << error.what() << '\n';
  if (error.retry_after())
    std::cerr << "Please try again in " << error.retry_after()->count() << " s.\n";
  if (error.code() == Code::server_error && !user_known)
    std::cerr << "Some services fail like this when they do not know the username.\n";
  if (outcome_unknown) std::cerr << "It is not known whether the password was changed.\n";
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

bool wants_to_try_again() {
  char line[1024];
  if (!ask("Try again? [y/n] ", line, sizeof line, true)) return false;
  return line == std::string_view("y") || line == std::string_view("Y");
}

// Repeats a call after a failure that may pass, as long as the person wants to.
template <class Call>
auto persistently(Call call) {
  for (;;) {
    try {
      return call();
    } catch (const Error& error) {
      const int status = exit_status(error.code());
      if (status != 5 && error.code() != Code::rate_limited) throw;
      say(error);
      if (!wants_to_try_again()) throw Ended{status};
    }
  }
}

// Repeats a step, after printing the fault, as long as other input may help. At 404 it
// does not: the service has no such call. The step's argument: it is repeated.
template <class Step>
auto until_accepted(Step step) {
  for (bool again = false;; again = true) {
    try {
      return step(again);
    } catch (const Error& error) {
      if (error.code() != Code::rejected && error.code() != Code::answer_incorrect &&
          error.code() != Code::invalid_argument)
        throw;
      if (error.http_status() == 404) throw;
      say(error);
    }
  }
}

// Makes the service mail a code; this needs the answer to the secret question if there is one.
void request_reset(const Client& client, std::string_view user) {
  try {
    return persistently([&] { client.request_reset(user); });
  } catch (const Error& error) {
    if (error.code() != Code::answer_incorrect) throw;
  }

  const auto question = persistently([&] { return client.secret_question(user); });
  if (!question) {
    std::cerr << "The service wants an answer, but this account has no question.\n";
    throw Ended{4};
  }
  std::cout << *question << '\n';
  until_accepted([&](bool) {
    const Line answer("Answer: ", true);
    persistently([&] { client.request_reset(user, answer); });
  });
}

// Exchanges the mailed code for the token. A code expires, or ends after too many wrong ones.
std::string confirm_code(const Client& client) {
  return until_accepted([&](bool again) {
    const Line code(again ? "Code (n for a new one): " : "Code: ", true);
    if (again && std::string_view(code) == "n") throw NewCode();
    return persistently([&] { return client.confirm_code(code); });
  });
}

// True if a request was sent and the service may have acted on it.
bool has_unknown_outcome(const autoshares_reset::Failure& failure) {
  return failure.request_sent && failure.code != Code::app_key_rejected && exit_status(failure.code) != 4;
}

void set_password(const Client& client, std::string_view token) {
  until_accepted([&](bool again) {
    for (;;) {
      const Line password(again ? "New password (n for a new code): " : "New password: ", false);
      if (again && std::string_view(password) == "n") throw NewCode();
      const Line repeated("Repeat it: ", false);
      if (std::string_view(password) == std::string_view(repeated))
        return persistently([&] {
          const auto done = client.try_set_password(token, password);
          if (!done && has_unknown_outcome(done.error())) outcome_unknown = true;
          done.value();
        });
      std::cerr << "The two are not the same.\n";
    }
  });
}

void reset(const Client& client, std::string_view user) {
  for (;;) {
    request_reset(client, user);
    user_known = true;
    std::cout << "A code is on its way to you by mail.\n";
    try {
      const Secret token{confirm_code(client)};
      set_password(client, token.text);
      std::cout << "Your password is changed.\n";
      return;
    } catch (const NewCode&) {
    }
  }
}

// Makes the connection while the person types. The next call reports its failure.
class ConnectionAhead {
 public:
  explicit ConnectionAhead(const Client& client) {
    try {
      thread_ = std::thread([this, &client] { static_cast<void>(client.try_connect(cancel_)); });
    } catch (const std::system_error&) {  // no thread can be started
    }
  }
  ConnectionAhead(const ConnectionAhead&) = delete;
  ConnectionAhead& operator=(const ConnectionAhead&) = delete;
  ~ConnectionAhead() {
    cancel_.trigger();
    if (thread_.joinable()) thread_.join();
  }

 private:
  Cancel cancel_;
  std::thread thread_;
};

void reset_whom_the_person_names(const Client& client) {
  const ConnectionAhead connection(client);
  until_accepted([&](bool) { reset(client, Line("Username: ", true)); });
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
    else reset_whom_the_person_names(client);
    return 0;
  } catch (const Error& error) {
    say(error);
    return exit_status(error.code());
  } catch (const Ended& ended) {
    return ended.status;
  } catch (const Stopped&) {
    std::cerr << (outcome_unknown ? "Stopped. It is not known whether the password was changed.\n"
                                  : "Stopped. The password is not changed.\n");
    return 1;
  }
}
