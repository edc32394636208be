// Common definitions of the tests: a scripted server (of ../c/support), stopped by its destructor, and its clients.
#pragma once

#include "../c/support/event.h"
#include "../c/support/server.h"

#include <autoshares_reset.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace ar = autoshares_reset;

class Server {
 public:
  explicit Server(script run, void* context = nullptr) : server_(server_start(run, context, 0)) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { server_stop(server_); }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_port(server_)); }
  int connections() const { return server_connections(server_); }

 private:
  test_server* server_;
};

inline ar::Config config_for(std::string url) {
  ar::Config config;
  config.base_url = std::move(url);
  config.app_key = "emulator-app-key";
  return config;
}

// A variable that scripts/with-servers.sh sets.
inline std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  REQUIRE_MESSAGE(value, name << " is not set: run this by ctest or by scripts/with-servers.sh");
  return value;
}

// A script that stores the request in its context, a string.
inline void note_the_request(connection* c) {
  char request[65536];
  while (read_request(c, request, sizeof request)) {
    *static_cast<std::string*>(c->context) = request;
    respond(c, "200 OK", "", "{\"IsSucceed\":true,\"Model\":\"What?\"}");
  }
}
