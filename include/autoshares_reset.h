/**
 * @file autoshares_reset.h
 * Password reset of the AutoShares Trading API (ETNA Trader), for native programs.
 *
 * A user who forgot the password gets back in with four calls. Each blocks, and each returns an
 * ::asr_result that belongs to the caller:
 *
 *  1. asr_request_reset() asks the service to mail a confirmation code. Where it returns
 *     ASR_ANSWER_INCORRECT, an answer to the user's secret question is needed first:
 *  2. asr_secret_question() retrieves that question. Show it, and request the reset again with the
 *     answer. A program that wants to show the question first may start with it.
 *  3. asr_confirm_code() changes the mailed code for a token.
 *  4. asr_set_password() sets the new password with the token.
 *
 * A complete program:
 *
 * @code{.c}
 * #include <stdio.h>
 * #include <stdlib.h>
 * #include <autoshares_reset.h>
 *
 * int main(void)
 * {
 *   asr_result *result = asr_secret_question_once(ASR_BASE_URL_SANDBOX,
 *                                                 getenv("AUTOSHARES_APP_KEY"),
 *                                                 "hello@autoshares.com");
 *   int failed = ASR_FAILED(result->code);
 *   if (failed)
 *     fprintf(stderr, "%s: %s\n", asr_code_name(result->code), result->message);
 *   else if (result->code == ASR_OK)
 *     printf("%s\n", result->question);
 *   else
 *     printf("This account has no secret question.\n");
 *   asr_result_free(result);
 *   return failed;
 * }
 * @endcode
 *
 * Link with `-lautoshares_reset`, or by `pkg-config --cflags --libs autoshares_reset`.
 *
 * Strings. Those that go in are NUL-terminated UTF-8, paths too and on every system; they are
 * copied or used before the call returns. Those that come out are NUL-terminated UTF-8 and belong
 * to the result that holds them. An argument may have up to 16384 bytes, certificates up to 1 MiB.
 * On Windows WideCharToMultiByte(CP_UTF8, ...) makes them of UTF-16, and
 * MultiByteToWideChar(CP_UTF8, ...) goes the other way; what main() and getenv() give is in the
 * system's code page there and must not be passed on as it is.
 *
 * Ownership. What a `_new` function or a call returns belongs to the caller, who gives it to the
 * `_free` function of its type, once. Every `_free` function takes NULL. The library keeps no
 * pointer to anything that it was given.
 *
 * NULL. A handle or a required string that is NULL gives ASR_INVALID_ARGUMENT, never a crash; a
 * setter or asr_cancel_trigger() does nothing then.
 *
 * Threads. Share a client and a cancel token between as many threads as you like. Settings and
 * results belong to one thread at a time. No callbacks; no threads of the library's own, but for
 * what the system cannot interrupt: a name look-up and, on Windows and macOS, the check of a
 * certificate, the search for a proxy and (Windows) the login to it. They may outlive their call, at
 * most one a host, a certificate, a base URL, or a call that logs in. Call from a thread that may
 * block, not from one that paints windows, and that has 128 KiB of stack. To end a call use
 * asr_cancel_trigger(): pthread_cancel(), which must be deferred, waits until it is over.
 *
 * Time. A call ends when its time is up (30 seconds, if not set otherwise), and within 100 ms
 * after asr_cancel_trigger().
 *
 * The first call. It has to look the name up, connect and perform the TLS handshake.
 * asr_client_connect() does that ahead: call it when a dialog opens, and the first question takes
 * one round trip. A name's addresses are raced; see asr_config_set_connect_timeout_ms(). They are
 * remembered for 60 seconds, for all clients of the process, and forgotten when a connect fails.
 *
 * Failures. An ::asr_result says in one sentence for the user why a call failed;
 * asr_result_details() says for a log how it went, step by step. A program in another language
 * chooses its own words by `code`.
 *
 * Certificates. TLS 1.2 is the oldest version that is spoken. On Linux and its like the library
 * checks the server's certificate itself and asks nobody whether it was revoked (no OCSP, no CRL).
 * On Windows and macOS the system checks it and may ask its issuer over the network; that check is
 * left behind when the call's time is up or its token is triggered. A CA file is checked by the
 * library on every system.
 *
 * Repetition. asr_secret_question() changes nothing at the service and is sent again, unseen, where
 * the server had closed a kept connection. The other calls are sent at most once. Where they fail
 * with `request_sent` 1, the service may have acted on them. For asr_confirm_code() a service has
 * one of two routes: each route is used at most once, and the second only after the service said
 * that it has no such route and so did nothing.
 *
 * Secrets. Key, username, answer, code, token and password appear in no message. The library's
 * copies are wiped when they are freed; the caller wipes its own. The key goes to the configured
 * host alone: redirects are not followed.
 *
 * Process. No call prints, exits, raises SIGPIPE, or touches signal handlers or the locale. Once
 * loaded, the shared library stays: unloading it is not supported, nor is unloading a plugin that
 * holds the static one. After a fork() the child may use a client it inherited; it opens
 * connections of its own. A connection takes no descriptor of the standard streams, closed or not.
 * Memory running out ends the process. Only making a client reads the environment, apart from what
 * the system's own name look-up may read there.
 */


#ifndef AUTOSHARES_RESET_H
#define AUTOSHARES_RESET_H

#include <stdint.h>

/** The version of this header; asr_version() tells that of the library. */
#define ASR_VERSION_MAJOR 0
/** See ASR_VERSION_MAJOR. */
#define ASR_VERSION_MINOR 1
/** See ASR_VERSION_MAJOR. */
#define ASR_VERSION_PATCH 0

/** AutoShares' own hosted test environment. */
#define ASR_BASE_URL_SANDBOX "https://api.autoshares.dev"
/** AutoShares' production environment. */
#define ASR_BASE_URL_PRODUCTION "https://api.autoshares.com"

/** Whether an ::asr_code is a failure; also right for codes that a later version brings. */
#define ASR_FAILED(code) ((code) >= 10)

/** @cond INTERNAL */
/* How the functions are called, whatever a program's own default is. */
#if defined(_WIN32)
#define ASR_CALL __cdecl
#else
#define ASR_CALL
#endif
/* What is returned must be freed: a program that drops it is warned. */
#if defined(__GNUC__)
#define ASR_MUST_USE __attribute__((warn_unused_result))
#else
#define ASR_MUST_USE
#endif
/** @endcond */


/**
 * Counts additions to the ABI. Starts at 1; see asr_abi_version().
 */
#define ASR_ABI_VERSION 2

/**
 * The values of ::asr_code. Numbers are never reused; a later version may add some, so treat an
 * unknown one as a failure if it is 10 or more.
 */
typedef enum asr_code_names {
  /**
   * Done. After asr_secret_question(), `question` is set and not empty; after
   * asr_confirm_code(), `token` is.
   */
  ASR_OK = 0,
  /**
   * A success: this account has no question to answer.
   */
  ASR_NO_QUESTION = 1,
  /**
   * An argument or a setting is NULL, not UTF-8, empty, too long or unusable. Nothing was sent.
   * The message names it.
   */
  ASR_INVALID_ARGUMENT = 10,
  /**
   * The base URL is http:// to another machine, and the config does not allow that. Nothing was
   * sent.
   */
  ASR_INSECURE_URL = 11,
  /**
   * The call's asr_cancel was triggered.
   */
  ASR_CANCELLED = 12,
  /**
   * The host name was not found.
   */
  ASR_RESOLVE_FAILED = 20,
  /**
   * The connection was refused, the host is unreachable, or the proxy refused.
   */
  ASR_CONNECT_FAILED = 21,
  /**
   * The TLS handshake or the certificate failed, or this system has no trusted roots.
   */
  ASR_TLS_FAILED = 22,
  /**
   * The time allowed ran out.
   */
  ASR_TIMEOUT = 23,
  /**
   * Connected, then broken off before the whole answer was in.
   */
  ASR_CONNECTION_LOST = 24,
  /**
   * The service does not accept the app key: a matter for the program's makers, not its user. A
   * gateway that limits the number of requests by HTTP 401 looks the same; the message then has
   * its reason.
   */
  ASR_APP_KEY_REJECTED = 30,
  /**
   * The service said no: `message` has its words, `service_code` its code.
   */
  ASR_REJECTED = 31,
  /**
   * The answer is wrong, or one is required and none was given.
   */
  ASR_ANSWER_INCORRECT = 32,
  /**
   * Too many requests; see `retry_after_s`.
   */
  ASR_RATE_LIMITED = 33,
  /**
   * The service failed (HTTP 5xx). An installation may respond so, with HTTP 500, to a user name
   * that it does not know.
   */
  ASR_SERVER_ERROR = 34,
  /**
   * Not what the API documents: not JSON, another shape, a redirect, too big. The base URL may
   * be wrong, or something may stand in between.
   */
  ASR_INVALID_RESPONSE = 35,
  /**
   * A bug in this library, contained.
   */
  ASR_INTERNAL = 90
} asr_code_names;

/**
 * Opaque: lets any thread end a call that another thread waits in. One token may be given to many
 * calls, one after the other or at once. It must outlive the calls it was given to.
 */
typedef struct asr_cancel asr_cancel;

/**
 * Opaque: speaks to one service and keeps connections to it. Share it freely between threads. It
 * must outlive its calls; results may outlive it. After a fork() the child may use a client that
 * it inherited; after a `_Fork()` or a bare `clone()`, which tell nobody, it may not. Up to 64 idle
 * connections are kept; those older than 60 seconds are not used again, and are closed by the next
 * call or with the client.
 */
typedef struct asr_client asr_client;

/**
 * Opaque: settings of a client. One thread at a time. Nothing is checked before asr_client_new(),
 * whose error names the first setting that is bad.
 */
typedef struct asr_config asr_config;

/**
 * Outcome of a call: one of the `ASR_...` values. An integer of fixed size in every signature and
 * field, because C does not fix the size of an enum. Below 10: success; 10 and up: failure.
 */
typedef int32_t asr_code;

/**
 * What became of a call. Belongs to the caller, who reads it and frees it with asr_result_free();
 * it must not be written to. All strings are NUL-terminated UTF-8 and live as long as the result.
 * It holds no reference to the client and may outlive it. One thread at a time.
 *
 * New fields are only ever added at the end.
 */
typedef struct asr_result {
  /**
   * The outcome; see ::asr_code_names.
   */
  asr_code code;
  /**
   * The HTTP status of the service's answer; 0 where no answer came.
   */
  uint16_t http_status;
  /**
   * 1: some of the request left this machine, so the service may have acted on it. 0: nothing
   * was sent.
   */
  uint16_t request_sent;
  /**
   * How many seconds the service asks to wait before the next try; 0 where it does not say.
   */
  uint32_t retry_after_s;
  /**
   * `errno` or `WSAGetLastError()` behind a network failure; 0 where there is none.
   */
  int32_t os_error;
  /**
   * asr_secret_question(): the question to show, on one line. NULL otherwise.
   */
  const char *question;
  /**
   * asr_confirm_code(): the token for asr_set_password(). NULL otherwise.
   */
  const char *token;
  /**
   * After a failure one English sentence fit to show or to log, without any secret; the
   * service's own words where it has some. One line of at most 500 bytes. NULL on success.
   */
  const char *message;
  /**
   * The first of the service's own error codes, such as "ErrorIncorrectAnswer", in at most 100
   * bytes; or NULL.
   */
  const char *service_code;
} asr_result;

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * The name of a code, such as "ASR_TIMEOUT"; "ASR_UNKNOWN" for a number that is none.
 *
 * @param code  Any number.
 * @return A static string, never NULL; do not free it. From any thread.
 */
const char *ASR_CALL asr_code_name(asr_code code);

/**
 * The version of the library that is loaded, such as "0.1.0". The macros `ASR_VERSION_MAJOR`,
 * `ASR_VERSION_MINOR` and `ASR_VERSION_PATCH` tell the version of this header.
 *
 * @return A static string, never NULL; do not free it. From any thread.
 */
const char *ASR_CALL asr_version(void);

/**
 * The ABI version of the library that is loaded. It counts additions: a program needs at least
 * the `ASR_ABI_VERSION` that it was built with. An incompatible change gets a new library name
 * instead.
 *
 * @return The number. From any thread.
 */
uint32_t ASR_CALL asr_abi_version(void);

/**
 * Tells how a call went, in some lines for a log: the library's version and the system; host,
 * port and proxy, and what named the proxy; whether the connection was new; the addresses tried and
 * how each ended; the times of look-up, connect, proxy, TLS, first byte and whole call; what TLS
 * agreed on, and whom a refused certificate names; bytes sent and received; the service's status
 * and its identifier of the request. It never holds a secret, a user name, a query or a body. Its
 * form may change; show it to people.
 *
 * @param result  A result; NULL gives NULL.
 * @return UTF-8 that belongs to the result and lives as long. It is made on the first request.
 *
 * From any thread, while no other thread uses the result.
 */
const char *ASR_CALL asr_result_details(struct asr_result *result);

/**
 * Frees a result and wipes its strings. Relies on nothing in the public fields.
 *
 * @param result  A result of this library's, not freed before; or NULL, which does nothing.
 *
 * From any thread, while no other thread reads the result.
 */
void ASR_CALL asr_result_free(struct asr_result *result);

/**
 * Makes settings, with defaults for all but these two.
 *
 * @param base_url  Where the service is: `ASR_BASE_URL_PRODUCTION`, `ASR_BASE_URL_SANDBOX` or a
 *                  broker's own, with or without a path and a slash at the end, but without the
 *                  version, which is appended as `/v1.0` and refused here. https://, or http:// where
 *                  asr_config_set_allow_http() allows it. A host beyond ASCII is written in
 *                  punycode.
 * @param app_key   The key that the broker's administrator gave to the calling program. A secret.
 *
 * Both are copied; neither may be NULL in the end, but that is said by asr_client_new().
 *
 * @return Never NULL; free it with asr_config_free(). From any thread.
 */
ASR_MUST_USE
struct asr_config *ASR_CALL asr_config_new(const char *base_url,
                                           const char *app_key);

/**
 * The API version in the path, without its `v`: letters, digits and single dots.
 *
 * @param config   Settings; NULL does nothing.
 * @param version  Copied; NULL restores the default, "1.0".
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_api_version(struct asr_config *config, const char *version);

/**
 * How long a whole call may take.
 *
 * @param config        Settings; NULL does nothing.
 * @param milliseconds  Default 30000; 0 is invalid.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_timeout_ms(struct asr_config *config, uint32_t milliseconds);

/**
 * How long look-up, connect, proxy and TLS handshake may take together, within the whole.
 *
 * Where the service's name (or the proxy's) has several addresses, they are raced as RFC 8305 says:
 * IPv4 and IPv6 take turns, the next attempt starts 250 ms after the last one or at once when one
 * fails, and the first that connects serves. It is tried first the next time.
 *
 * @param config        Settings; NULL does nothing.
 * @param milliseconds  Default 10000; 0 is invalid.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_connect_timeout_ms(struct asr_config *config, uint32_t milliseconds);

/**
 * A file with the certificates to trust, in PEM form: only these are trusted then. One that may
 * sign others (CA:TRUE) is trusted as an authority. Each is trusted as a server's own certificate,
 * for the names in it and within its dates, also where it signed itself.
 *
 * @param config  Settings; NULL does nothing.
 * @param path    UTF-8 on every system, on Windows by WideCharToMultiByte(CP_UTF8, ...); copied;
 *                NULL restores the default, the system's trust store; on Linux and its like that is
 *                what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, where they are set. A regular file,
 *                of which the first 16 MiB are read.
 *
 * A program that runs with raised privileges (set-user-ID, set-group-ID, file capabilities) reads
 * no environment variable that chooses trust or a proxy.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_ca_file(struct asr_config *config, const char *path);

/**
 * The same as asr_config_set_ca_file() from memory, for programs that carry the certificates that
 * they trust. Where a file is set too, the certificates of both are trusted. Since ABI version 2.
 *
 * @param config  Settings; NULL does nothing.
 * @param pem     Certificates in PEM form, at most 1 MiB; copied; NULL restores the default, none.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_ca_pem(struct asr_config *config, const char *pem);

/**
 * The proxy to go through: an http:// or https:// URL, which may have a user name and a password
 * in it, percent-encoded. Loopback hosts are never reached through a proxy.
 *
 * @param config  Settings; NULL does nothing.
 * @param url     Copied; "" for no proxy, whatever the environment and the system say; NULL
 *                restores the default: for https `HTTPS_PROXY`, then `ALL_PROXY`, for http
 *                `http_proxy`, then `ALL_PROXY`, unless `NO_PROXY` names the host. Each may be
 *                written in small letters too, which come first then; `HTTP_PROXY` is not read, but
 *                on Windows, where names have no case. They are read once, by asr_client_new().
 *
 * Where the environment says nothing either, the system's settings hold on Windows and macOS:
 * proxies that are set, with their exceptions, or a PAC file, set or discovered. The system is
 * asked when a connection is made, within its time, and what it says is remembered for a minute.
 * Several proxies are tried in order. A PAC file that cannot be fetched or run counts as none;
 * asr_result_details() tells it. SOCKS proxies are not supported.
 *
 * On Windows the user who is signed in logs in to a proxy that wants it by Negotiate or NTLM, where
 * these settings or the system's name the proxy, and its URL names no user.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_proxy(struct asr_config *config, const char *url);

/**
 * The calling program's name, put before the library's own in `User-Agent`.
 *
 * @param config  Settings; NULL does nothing.
 * @param name    Printable ASCII, such as "Terminal/4.2"; copied; NULL or "" for the library's
 *                own alone, which is the default.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_user_agent(struct asr_config *config, const char *name);

/**
 * Whether http:// to other machines is allowed. It shows the key and the password to the network.
 * Loopback (127.0.0.0/8, [::1], localhost) is allowed without it.
 *
 * @param config  Settings; NULL does nothing.
 * @param yes     0, the default: no; anything else: yes.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_allow_http(struct asr_config *config, int32_t yes);

/**
 * Frees settings, and wipes the key. Any time after asr_client_new() has returned.
 *
 * @param config  Settings, not freed before; or NULL, which does nothing.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_free(struct asr_config *config);

/**
 * Retrieves a user's secret question with a client for this one call: the shortest way. A program
 * that makes more calls than one keeps a client instead, which is faster.
 *
 * @param base_url  As in asr_config_new().
 * @param app_key   As in asr_config_new().
 * @param username  As in asr_secret_question().
 * @return Never NULL; free it with asr_result_free(). From any thread.
 *
 * Blocks for as long as asr_client_new() does, whose conditions hold here too, and then for up to
 * 30 seconds.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_secret_question_once(const char *base_url,
                                                     const char *app_key,
                                                     const char *username);

/**
 * Makes a client: checks all settings, and reads the environment's proxy variables and, for
 * https, the trusted certificates. Sends nothing. No time limit holds for it, and no other thread
 * may change the environment meanwhile.
 *
 * @param config  The settings; copied, so it may be freed at once.
 * @param error   Where to put what is wrong; may be NULL. Else `*error` is always written: NULL on
 *                success, on failure a result to be freed with asr_result_free().
 * @return The client, to be freed with asr_client_free(); NULL on failure, which is
 *         ASR_INVALID_ARGUMENT, ASR_INSECURE_URL or, where this system has no trusted
 *         certificates, ASR_TLS_FAILED. From any thread.
 */
ASR_MUST_USE
struct asr_client *ASR_CALL asr_client_new(const struct asr_config *config,
                                           struct asr_result **error);

/**
 * Frees a client and closes its connections. From any thread, but not while a call on it runs.
 *
 * @param client  A client, not freed before; or NULL, which does nothing.
 */
void ASR_CALL asr_client_free(struct asr_client *client);

/**
 * Retrieves the user's secret question.
 *
 * @param client    A client.
 * @param username  The user's login or e-mail address, UTF-8, 1 to 16384 bytes, without control
 *                  characters.
 * @param cancel    Lets another thread end the call; may be NULL.
 * @return Never NULL; free it with asr_result_free(). ASR_OK: `question` is set.
 *         ASR_NO_QUESTION: the account has none to answer, which is a success too.
 *
 * Blocks until it is done, timed out or cancelled. From any thread.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_secret_question(const struct asr_client *client,
                                                const char *username,
                                                struct asr_cancel *cancel);

/**
 * Makes a connection ready for the next call: look-up, TCP, proxy and TLS. A dialog calls it when it
 * opens, while its user types, so that the first answer takes one round trip. Where an idle
 * connection can serve, nothing is done. Since ABI version 2.
 *
 * @param client  A client.
 * @param cancel  Lets another thread end the call; may be NULL.
 * @return Never NULL; free it with asr_result_free(). ASR_OK: the next call finds a connection,
 *         unless the service closes it first. No request is sent: `request_sent` and
 *         `http_status` are 0.
 *
 * Blocks until it is done, timed out or cancelled. From any thread.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_client_connect(const struct asr_client *client,
                                               struct asr_cancel *cancel);

/**
 * Requests the reset: on success the service mails a confirmation code to the user.
 *
 * @param client          A client.
 * @param username        The user's login or e-mail address, as in asr_secret_question().
 * @param answer_or_null  The answer to the secret question, 1 to 16384 bytes; NULL for none. Where
 *                        one is required, or it is wrong: ASR_ANSWER_INCORRECT.
 * @param cancel          Lets another thread end the call; may be NULL.
 * @return Never NULL; free it with asr_result_free().
 *
 * Sent at most once. Where it fails and `request_sent` is 1, the service may have acted on it all
 * the same. Blocks until it is done, timed out or cancelled. From any thread.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_request_reset(const struct asr_client *client,
                                              const char *username,
                                              const char *answer_or_null,
                                              struct asr_cancel *cancel);

/**
 * Exchanges the mailed code for a token.
 *
 * @param client  A client.
 * @param code    The code that was mailed to the user, 1 to 16384 bytes.
 * @param cancel  Lets another thread end the call; may be NULL.
 * @return Never NULL; free it with asr_result_free(). ASR_OK: `token` is set.
 *
 * There are two routes for it, and a service has one or both, depending on its age. Each is used at
 * most once, and the second only after the service said that it has no such route and so did
 * nothing; the client remembers which one the service has. Else as asr_request_reset(). Blocks
 * until it is done, timed out or cancelled. From any thread.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_confirm_code(const struct asr_client *client,
                                             const char *code,
                                             struct asr_cancel *cancel);

/**
 * Sets the new password.
 *
 * @param client        A client.
 * @param token         The token that asr_confirm_code() brought; or the one that the broker's
 *                      sign-in gives to a user whose password has expired: then this call is of
 *                      use alone.
 * @param new_password  The new password, 1 to 16384 bytes. Where it breaks the service's rules:
 *                      ASR_REJECTED, and the message says which.
 * @param cancel        Lets another thread end the call; may be NULL.
 * @return Never NULL; free it with asr_result_free().
 *
 * Sent at most once, as asr_request_reset(). Blocks until it is done, timed out or cancelled. From
 * any thread.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_set_password(const struct asr_client *client,
                                             const char *token,
                                             const char *new_password,
                                             struct asr_cancel *cancel);

/**
 * Makes a token that was not triggered yet.
 *
 * @return Never NULL; free it with asr_cancel_free(). From any thread.
 */
ASR_MUST_USE struct asr_cancel *ASR_CALL asr_cancel_new(void);

/**
 * Ends every call that was given this token, wherever it waits: those under way return
 * ASR_CANCELLED within 100 ms, later ones at once. A call whose answer is already in may still
 * succeed. The client goes on working.
 *
 * @param cancel  A token; NULL does nothing.
 *
 * From any thread, any number of times, but not from a signal handler. There is no way back: use
 * a new token for a new try.
 */
void ASR_CALL asr_cancel_trigger(struct asr_cancel *cancel);

/**
 * Frees a token.
 *
 * @param cancel  A token, not freed before; or NULL, which does nothing.
 *
 * Not while a call that was given it runs, nor while another thread triggers it.
 */
void ASR_CALL asr_cancel_free(struct asr_cancel *cancel);

#ifdef __cplusplus
}  /* extern "C" */
#endif  /* __cplusplus */

#endif  /* AUTOSHARES_RESET_H */
