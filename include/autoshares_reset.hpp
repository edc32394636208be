/// \file
/// The password reset of the AutoShares Trading API for C++17 and newer: one header over the C
/// library of autoshares_reset.h. Link with `-lautoshares_reset`.
///
/// \code
/// autoshares_reset::Config config;
/// config.base_url = ASR_BASE_URL_SANDBOX;
/// config.app_key = key;
/// try {
///   const autoshares_reset::Client client(config);
///   if (auto question = client.secret_question("hello@autoshares.com"))
///     std::cout << *question << '\n';
///   else
///     std::cout << "This account has no secret question.\n";
/// } catch (const autoshares_reset::Error& error) {
///   std::cerr << error.what() << '\n';
/// }
/// \endcode
///
/// **Failures.** Every call has two forms: `secret_question` throws an Error, `try_secret_question`
/// returns a Result. With exceptions turned off (`-fno-exceptions`) only the second form exists.
/// When memory runs out, this header throws std::bad_alloc; the C library ends the process.
///
/// **Threads.** Any number of threads may use a Client at once; it may be a `const` member or
/// global. Any thread may trigger a Cancel. A Config is an ordinary value.
///
/// **Text** is UTF-8 in both directions. A C string cannot hold a U+0000: a call whose text holds
/// one fails with Code::invalid_argument before anything is sent. Text is never cut off.
///
/// **Secrets.** The copies that this header makes of its arguments are wiped after the call, as are
/// the library's. The strings that it returns, and those in a Config, are yours to wipe.

#if (defined(_MSVC_LANG) && _MSVC_LANG < 201703L) || (!defined(_MSVC_LANG) && __cplusplus < 201703L)
#error "autoshares_reset.hpp needs C++17 or newer: compile with -std=c++17 or /std:c++17"
#elif !defined(AUTOSHARES_RESET_HPP)
#define AUTOSHARES_RESET_HPP

#include "autoshares_reset.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#if __has_include(<version>)
#include <version>
#endif
#if defined(__cpp_lib_jthread)
#include <stop_token>
#endif

#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
/// Defined if exceptions are on; the calls that throw exist only then.
#define AUTOSHARES_RESET_EXCEPTIONS 1
#endif

/// \cond INTERNAL
// All shared libraries must see the exception's type, even those that hide their symbols.
#if defined(__GNUC__) && !defined(_WIN32)
#define AUTOSHARES_RESET_VISIBLE __attribute__((visibility("default")))
#else
#define AUTOSHARES_RESET_VISIBLE
#endif
/// \endcond

/// The password reset of the AutoShares Trading API.
namespace autoshares_reset {

/// The outcome of a call. Numbers below 10 are successes; a newer library may return others.
enum class Code : asr_code {
  /// The call succeeded.
  ok = ASR_OK,
  /// A success: this account has no question to answer.
  no_question = ASR_NO_QUESTION,
  /// An argument or a setting is unusable; the message names it. Nothing was sent.
  invalid_argument = ASR_INVALID_ARGUMENT,
  /// The base URL is http:// to another machine, which the settings do not allow. Nothing was sent.
  insecure_url = ASR_INSECURE_URL,
  /// The call was cancelled. A Cancel or a stop token ended it.
  cancelled = ASR_CANCELLED,
  /// The host name was not found.
  resolve_failed = ASR_RESOLVE_FAILED,
  /// The connection was refused, the host is unreachable, or the proxy refused.
  connect_failed = ASR_CONNECT_FAILED,
  /// The TLS handshake or the certificate failed, or this system has no trusted roots.
  tls_failed = ASR_TLS_FAILED,
  /// The time allowed for the call ran out.
  timeout = ASR_TIMEOUT,
  /// The connection broke before the whole response had arrived.
  connection_lost = ASR_CONNECTION_LOST,
  /// The service does not accept the app key.
  app_key_rejected = ASR_APP_KEY_REJECTED,
  /// The service refused the request; the message gives its reason.
  rejected = ASR_REJECTED,
  /// The answer to the secret question is wrong, or one is required and none was given.
  answer_incorrect = ASR_ANSWER_INCORRECT,
  /// The service received too many requests. See `retry_after`.
  rate_limited = ASR_RATE_LIMITED,
  /// The service failed (HTTP 5xx).
  server_error = ASR_SERVER_ERROR,
  /// The response is not one that the API documents.
  invalid_response = ASR_INVALID_RESPONSE,
  /// A bug in this library ended the call. Or the library is older than this header.
  internal = ASR_INTERNAL
};

/// The name of a code in C, such as `"ASR_TIMEOUT"`; `"ASR_UNKNOWN"` for a number without one.
[[nodiscard]] inline const char* name(Code code) noexcept { return asr_code_name(static_cast<asr_code>(code)); }

/// The failure of a call.
struct Failure {
  Code code = Code::internal;               ///< What happened.
  std::string message;                      ///< One English sentence, fit to show or log.
  std::optional<std::string> service_code;  ///< The first of the service's own error codes.
  std::optional<std::chrono::seconds> retry_after;  ///< The time that the service asks to wait.
  int http_status = 0;                      ///< 0: no response arrived.
  int os_error = 0;                         ///< `errno` or `WSAGetLastError`; 0: none.
  bool request_sent = false;                ///< The service may have acted on the request.
  std::string details;  ///< The steps of the call, for a log; without any secret.
};

/// The exception of the throwing calls: a Failure whose message is `what()`.
class AUTOSHARES_RESET_VISIBLE Error : public std::runtime_error {
 public:
  /// Wraps a failure.
  explicit Error(Failure failure)
      : std::runtime_error(failure.message),
        failure_(std::make_shared<const Failure>(std::move(failure))) {}

  // Copied even where it could be moved: a moved-from Error would have no failure.
  /// \cond INTERNAL
  Error(const Error&) noexcept = default;
  Error& operator=(const Error&) noexcept = default;
  ~Error() override = default;
  /// \endcond

  /// The whole failure.
  [[nodiscard]] const Failure& failure() const noexcept { return *failure_; }
  /// The outcome of the call.
  [[nodiscard]] Code code() const noexcept { return failure_->code; }
  /// The HTTP status; 0: no response arrived.
  [[nodiscard]] int http_status() const noexcept { return failure_->http_status; }
  /// True if at least part of the request was sent: the service may have acted on it.
  [[nodiscard]] bool request_sent() const noexcept { return failure_->request_sent; }
  /// The time that the service asks to wait, if it asks.
  [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept { return failure_->retry_after; }
  /// The first of the service's own error codes, if it gave one.
  [[nodiscard]] const std::optional<std::string>& service_code() const noexcept { return failure_->service_code; }
  /// `errno` or `WSAGetLastError` behind a network failure; 0: none.
  [[nodiscard]] int os_error() const noexcept { return failure_->os_error; }
  /// The steps of the call, for a log: addresses tried, times, proxy, TLS; without any secret.
  [[nodiscard]] const std::string& details() const noexcept { return failure_->details; }

 private:
  // Shared, because copying an exception must not throw.
  std::shared_ptr<const Failure> failure_;
};

/// The value of a call, or its Failure; used like `std::expected`.
template <class T = std::monostate>
class [[nodiscard]] Result {
 public:
  /// A success.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  /// A failure.
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  /// True if there is a value.
  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  /// True if there is a value.
  explicit operator bool() const noexcept { return has_value(); }
  /// The value; only if there is one.
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  /// The value; only if there is one.
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  /// The value, to be moved out; only if there is one.
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  /// The value's members; only if there is one.
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  /// The value's members; only if there is one.
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }
  /// The failure; only if there is no value.
  [[nodiscard]] const Failure& error() const noexcept { return *std::get_if<1>(&state_); }

  /// The value, or `otherwise` if there is none.
  template <class U>
  [[nodiscard]] T value_or(U&& otherwise) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(otherwise));
  }
  /// The value, moved out, or `otherwise` if there is none.
  template <class U>
  [[nodiscard]] T value_or(U&& otherwise) && {
    return has_value() ? *std::move(*this) : static_cast<T>(std::forward<U>(otherwise));
  }

#if defined(AUTOSHARES_RESET_EXCEPTIONS)
  /// The value; throws an Error if there is none.
  T& value() & {
    if (!has_value()) throw Error(error());
    return **this;
  }
  /// The value; throws an Error if there is none.
  const T& value() const& {
    if (!has_value()) throw Error(error());
    return **this;
  }
  /// The value, moved out; throws an Error if there is none.
  T value() && {
    if (!has_value()) throw Error(std::move(*std::get_if<1>(&state_)));
    return *std::move(*this);
  }
#endif

 private:
  std::variant<T, Failure> state_;
};

/// \cond INTERNAL
namespace detail {

struct Free {
  void operator()(asr_config* config) const noexcept { asr_config_free(config); }
  void operator()(asr_client* client) const noexcept { asr_client_free(client); }
  void operator()(asr_cancel* cancel) const noexcept { asr_cancel_free(cancel); }
  void operator()(asr_result* result) const noexcept { asr_result_free(result); }
};

template <class T>
using Handle = std::unique_ptr<T, Free>;

/// An argument for C: a NUL-terminated copy, which the destructor wipes, or NULL.
class Text {
 public:
  Text(const char* argument, std::optional<std::string_view> text)
      : argument_(argument), text_(text.value_or(std::string_view())), given_(text.has_value()) {}
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  ~Text() {
    // The compiler may remove writes to memory that is not read later, except volatile ones.
    volatile char* bytes = &text_[0];
    for (std::size_t i = 0; i < text_.size(); ++i) bytes[i] = '\0';
  }

  const char* get() const noexcept { return given_ ? text_.c_str() : nullptr; }
  const char* argument() const noexcept { return argument_; }
  bool has_nul() const noexcept { return text_.find('\0') != std::string::npos; }

 private:
  const char* argument_;
  std::string text_;
  bool given_;
};

inline Failure failure(Code code, std::string message) {
  Failure failed;
  failed.code = code;
  failed.message = std::move(message);
  return failed;
}

inline Failure failure(asr_result& result) {
  Failure failed = failure(Code{result.code}, result.message ? result.message : "");
  if (const char* details = asr_result_details(&result)) failed.details = details;
  if (result.service_code) failed.service_code = result.service_code;
  if (result.retry_after_s != 0) failed.retry_after = std::chrono::seconds(result.retry_after_s);
  failed.http_status = result.http_status;
  failed.os_error = result.os_error;
  failed.request_sent = result.request_sent != 0;
  return failed;
}

inline std::optional<Failure> refused(std::initializer_list<const Text*> texts) {
  if (asr_abi_version() < ASR_ABI_VERSION)
    return failure(Code::internal,
                   "The autoshares_reset library that was loaded is older than the header that this "
                   "program was built with; install the newer library.");
  for (const Text* text : texts)
    if (text->has_nul())
      return failure(Code::invalid_argument,
                     std::string(text->argument()) + " contains a null character.");
  return std::nullopt;
}

/// Runs a call: refuses text with a U+0000, calls `send`, and lets `read` convert a success.
template <class T, class Send, class Read>
Result<T> call(std::initializer_list<const Text*> texts, Send send, Read read) {
  if (auto failed = refused(texts)) return *std::move(failed);
  const Handle<asr_result> result(send());
  if (result->code >= ASR_INVALID_ARGUMENT) return failure(*result);
  return read(*result);
}

inline Result<std::optional<std::string>> question(const asr_result& result) {
  if (!result.question) return std::optional<std::string>();
  return std::optional<std::string>(result.question);
}

/// A later library may have a success without a token.
inline Result<std::string> token(const asr_result& result) {
  if (!result.token)
    return failure(Code::internal,
                   "The autoshares_reset library returned no token, and a success code that is newer than the "
                   "header that this program was built with.");
  return std::string(result.token);
}

inline Result<> nothing(const asr_result&) { return std::monostate(); }

/// Clamps a time to 32 bits: the library refuses a negative time as it refuses 0, and 49 days are
/// enough.
inline std::uint32_t to_c(std::chrono::milliseconds time) noexcept {
  constexpr std::uint32_t longest = (std::numeric_limits<std::uint32_t>::max)();
  if (time.count() <= 0) return 0;
  return time.count() < longest ? static_cast<std::uint32_t>(time.count()) : longest;
}

}  // namespace detail
/// \endcond

/// A token that ends calls on which other threads wait. It stays triggered: a later call that is
/// given it ends at once. Movable, not copyable; it must outlive the calls that were given it. A
/// moved-from Cancel ends nothing: a call that is given it cannot be cancelled.
class Cancel {
 public:
  /// Makes one that is not triggered.
  Cancel() : handle_(asr_cancel_new()) {}

  /// Ends the calls, from any thread, any number of times; not from a signal handler.
  void trigger() const noexcept { asr_cancel_trigger(handle_.get()); }

 private:
  friend class Stop;
  detail::Handle<asr_cancel> handle_;
};

/// A reason to end a call early: none, a Cancel or, from C++20 on, a `std::stop_token`. Each
/// converts implicitly: `client.secret_question(user, stop_source.get_token())`.
class Stop {
 public:
  /// None: only the config's timeouts end the call.
  Stop() noexcept = default;
  /// A Cancel, which must outlive the call.
  Stop(const Cancel& cancel) noexcept : handle_(cancel.handle_.get()) {}
  /// Deleted: a temporary Cancel might not outlive the call.
  Stop(const Cancel&&) = delete;
#if defined(__cpp_lib_jthread)
  /// A stop token: a request to stop ends the call.
  Stop(std::stop_token token) {
    if (!token.stop_possible()) return;
    auto bridge = std::make_shared<Bridge>(std::move(token));
    handle_ = bridge->cancel.handle_.get();
    keep_ = std::move(bridge);
  }
#endif

 private:
  friend class Client;
#if defined(__cpp_lib_jthread)
  struct Trigger {
    const Cancel& cancel;
    void operator()() const noexcept { cancel.trigger(); }
  };
  struct Bridge {
    explicit Bridge(std::stop_token token) : callback(std::move(token), Trigger{cancel}) {}
    Cancel cancel;
    std::stop_callback<Trigger> callback;
  };
#endif

  asr_cancel* handle_ = nullptr;
  // Owns the bridge of a stop token; untyped, so that C++17 and C++20 agree on the layout.
  std::shared_ptr<void> keep_;
};

/// The path of a file, in UTF-8 on every system: made from UTF-8 text, from a `std::filesystem::path`,
/// or from the result of `u8string()`.
class Path {
 public:
  /// From UTF-8 text.
  Path(std::string text) : text_(std::move(text)) {}
  /// From UTF-8 text.
  Path(std::string_view text) : text_(text) {}
  /// From UTF-8 text.
  Path(const char* text) : text_(text) {}
#if defined(__cpp_lib_char8_t)
  /// From UTF-8 text of `char8_t`.
  Path(std::u8string_view text) : text_(text.begin(), text.end()) {}
  /// From UTF-8 text of `char8_t`.
  Path(const std::u8string& text) : Path(std::u8string_view(text)) {}
  /// From UTF-8 text of `char8_t`.
  Path(const char8_t* text) : Path(std::u8string_view(text)) {}
#endif
  /// From a `std::filesystem::path`; a template, so that this header need not include
  /// `<filesystem>`.
  template <class Filesystem, class = decltype(std::declval<const Filesystem&>().u8string())>
  Path(const Filesystem& path) : Path(path.u8string()) {}

  /// The path in UTF-8.
  [[nodiscard]] const std::string& string() const noexcept { return text_; }

 private:
  std::string text_;
};

/// Settings of a Client. An unset one has the library's default. Making a client checks all of
/// them; its error names the first bad one.
struct Config {
  std::string base_url = {};  ///< Such as ASR_BASE_URL_SANDBOX; with or without a slash at its end.
  std::string app_key = {};   ///< The secret that identifies the calling app.
  std::optional<std::string> api_version = {};  ///< Default: `"1.0"`.
  std::optional<std::chrono::milliseconds> timeout = {};          ///< Whole call; default: 30 s.
  std::optional<std::chrono::milliseconds> connect_timeout = {};  ///< Until connected; default: 10 s.
  std::optional<Path> ca_file = {};            ///< PEM; trust only these. Default: the system's.
  std::optional<std::string> ca_pem = {};      ///< The same from memory, at most 1 MiB; with a file, both count.
  std::optional<std::string> proxy = {};       ///< `""`: none. Default: the environment's, or on
                                               ///< Windows and macOS else the system's.
  std::optional<std::string> user_agent = {};  ///< Put before the library's own.
  bool allow_http = false;  ///< Allow `http://` to other machines; to loopback it always is.
};

/// A client of one service. Movable, not copyable. All calls are `const` and block until done, timed
/// out or stopped; any number of threads may make them at once, and the client must outlive them.
/// Every call on a moved-from client fails with Code::invalid_argument.
class Client {
 public:
#if defined(AUTOSHARES_RESET_EXCEPTIONS)
  /// Checks the settings and makes a client; throws an Error.
  explicit Client(const Config& config) : Client(try_make(config).value()) {}

  /// Makes a connection ready for the next call; call it while a user still types. Sends no
  /// request, and does nothing if a connection is ready. Throws an Error.
  void connect(const Stop& stop = {}) const { try_connect(stop).value(); }

  /// The secret question of `username` (a login or an e-mail address); `nullopt`: the account has
  /// no question to answer. Throws an Error.
  [[nodiscard]] std::optional<std::string> secret_question(std::string_view username, const Stop& stop = {}) const {
    return try_secret_question(username, stop).value();
  }

  /// Requests the reset: the service mails a confirmation code. Fails with Code::answer_incorrect
  /// if the answer is wrong, or missing for an account with a question. Throws an Error.
  void request_reset(std::string_view username, std::optional<std::string_view> answer = std::nullopt,
                     const Stop& stop = {}) const {
    try_request_reset(username, answer, stop).value();
  }
  /// The same with a C string as the answer: NULL means none. Throws an Error.
  void request_reset(std::string_view username, const char* answer_or_null, const Stop& stop = {}) const {
    try_request_reset(username, answer_or_null, stop).value();
  }

  /// Exchanges the mailed code for the token that set_password() takes. Throws an Error.
  [[nodiscard]] std::string confirm_code(std::string_view code, const Stop& stop = {}) const {
    return try_confirm_code(code, stop).value();
  }

  /// Sets the new password. Throws an Error.
  void set_password(std::string_view token, std::string_view new_password,
                    const Stop& stop = {}) const {
    try_set_password(token, new_password, stop).value();
  }
#endif

  /// Checks the settings and makes a client; does not throw.
  static Result<Client> try_make(const Config& config);

  /// connect() that does not throw.
  Result<> try_connect(const Stop& stop = {}) const {
    return detail::call<std::monostate>(
        {}, [&] { return asr_client_connect(handle_.get(), stop.handle_); }, detail::nothing);
  }

  /// secret_question() that does not throw.
  Result<std::optional<std::string>> try_secret_question(std::string_view username,
                                                         const Stop& stop = {}) const {
    const detail::Text text("The user name", username);
    return detail::call<std::optional<std::string>>(
        {&text}, [&] { return asr_secret_question(handle_.get(), text.get(), stop.handle_); },
        detail::question);
  }

  /// request_reset() that does not throw.
  Result<> try_request_reset(std::string_view username,
                             std::optional<std::string_view> answer = std::nullopt,
                             const Stop& stop = {}) const {
    const detail::Text username_text("The user name", username), answer_text("The answer", answer);
    return detail::call<std::monostate>(
        {&username_text, &answer_text},
        [&] {
          return asr_request_reset(handle_.get(), username_text.get(), answer_text.get(), stop.handle_);
        },
        detail::nothing);
  }

  /// request_reset() that does not throw, with a C string as the answer: NULL means none.
  Result<> try_request_reset(std::string_view username, const char* answer_or_null,
                             const Stop& stop = {}) const {
    std::optional<std::string_view> answer;
    if (answer_or_null) answer = answer_or_null;
    return try_request_reset(username, answer, stop);
  }

  /// confirm_code() that does not throw.
  Result<std::string> try_confirm_code(std::string_view code, const Stop& stop = {}) const {
    const detail::Text text("The code", code);
    return detail::call<std::string>(
        {&text}, [&] { return asr_confirm_code(handle_.get(), text.get(), stop.handle_); },
        detail::token);
  }

  /// set_password() that does not throw.
  Result<> try_set_password(std::string_view token, std::string_view new_password,
                            const Stop& stop = {}) const {
    const detail::Text token_text("The token", token), password_text("The new password", new_password);
    return detail::call<std::monostate>(
        {&token_text, &password_text},
        [&] {
          return asr_set_password(handle_.get(), token_text.get(), password_text.get(),
                                  stop.handle_);
        },
        detail::nothing);
  }

 private:
  explicit Client(detail::Handle<asr_client> handle) noexcept : handle_(std::move(handle)) {}

  detail::Handle<asr_client> handle_;
};

inline Result<Client> Client::try_make(const Config& config) {
  using detail::Text;
  const Text base_url("The base URL", config.base_url), app_key("The app key", config.app_key),
      api_version("The API version", config.api_version),
      ca_file("The CA file", config.ca_file ? std::optional<std::string_view>(config.ca_file->string())
                                            : std::nullopt),
      ca_pem("The CA PEM text", config.ca_pem), proxy("The proxy", config.proxy),
      user_agent("The user agent", config.user_agent);
  if (auto failed = detail::refused({&base_url, &app_key, &api_version, &ca_file, &ca_pem, &proxy, &user_agent}))
    return *std::move(failed);

  const detail::Handle<asr_config> settings(asr_config_new(base_url.get(), app_key.get()));
  asr_config_set_api_version(settings.get(), api_version.get());
  if (config.timeout) asr_config_set_timeout_ms(settings.get(), detail::to_c(*config.timeout));
  if (config.connect_timeout)
    asr_config_set_connect_timeout_ms(settings.get(), detail::to_c(*config.connect_timeout));
  asr_config_set_ca_file(settings.get(), ca_file.get());
  asr_config_set_ca_pem(settings.get(), ca_pem.get());
  asr_config_set_proxy(settings.get(), proxy.get());
  asr_config_set_user_agent(settings.get(), user_agent.get());
  asr_config_set_allow_http(settings.get(), config.allow_http ? 1 : 0);

  asr_result* error = nullptr;
  detail::Handle<asr_client> handle(asr_client_new(settings.get(), &error));
  const detail::Handle<asr_result> owned(error);
  if (!handle) return detail::failure(*owned);
  return Client(std::move(handle));
}

/// Retrieves a secret question with a client for this one call; does not throw.
inline Result<std::optional<std::string>> try_secret_question_once(std::string_view base_url,
                                                                   std::string_view app_key,
                                                                   std::string_view username) {
  const detail::Text url_text("The base URL", base_url), key_text("The app key", app_key),
      user_text("The user name", username);
  return detail::call<std::optional<std::string>>(
      {&url_text, &key_text, &user_text},
      [&] { return asr_secret_question_once(url_text.get(), key_text.get(), user_text.get()); },
      detail::question);
}

#if defined(AUTOSHARES_RESET_EXCEPTIONS)
/// Retrieves a secret question with a client for this one call. `nullopt`: the account has no
/// question to answer. Throws an Error.
[[nodiscard]] inline std::optional<std::string> secret_question_once(std::string_view base_url,
                                                       std::string_view app_key,
                                                       std::string_view username) {
  return try_secret_question_once(base_url, app_key, username).value();
}
#endif

}  // namespace autoshares_reset

#endif  // AUTOSHARES_RESET_HPP
