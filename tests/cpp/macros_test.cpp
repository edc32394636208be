// The header is usable after those of X11 and of Windows, which define common words as macros.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#if __has_include(<stop_token>)
#include <stop_token>
#endif

// Xlib.h and X.h
#define Bool int
#define Status int
#define True 1
#define False 0
#define None 0L
#define Success 0
#define Always 2
#define Above 0
#define Below 1
#define Complex 0
#define Convex 2
#define Unsorted 0
// windows.h
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define ERROR 0
#define NO_ERROR 0
#define DELETE 1
#define IGNORE 0
#define STRICT 1
#define interface struct
#define small char
#define near
#define far
#define IN
#define OUT
#define OPTIONAL

#include <autoshares_reset.hpp>

TEST_CASE("the header is usable if common words are macros") {
  const auto client = autoshares_reset::Client::try_make({});
  REQUIRE(!client);
  CHECK(client.error().code == autoshares_reset::Code::invalid_argument);
}
