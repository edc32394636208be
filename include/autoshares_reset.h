/**
 * @file autoshares_reset.h
 * Password reset of the AutoShares Trading API (ETNA Trader), for native programs.
 *
 * A user who forgot the password resets it with four calls. Each call blocks, and returns an
 * ::asr_result that the caller owns:
 *
 *  1. asr_request_reset() asks the service to mail a confirmation code. If it returns
 *     ASR_ANSWER_INCORRECT, the service needs the answer to the user's secret question first:
 *  2. asr_secret_question() retrieves that question. Show it, and request the reset again with the
 *     answer. A program that wants to show the question first may start with it.
 *  3. asr_confirm_code() exchanges the mailed code for a token.
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
 * Link with `-lautoshares_reset`, or with what `pkg-config --cflags --libs autoshares_reset`
 * prints.
 *
 * Strings. Arguments are NUL-terminated UTF-8 on every system, paths included; the library copies
 * or uses them before the call returns. Returned strings are NUL-terminated UTF-8 and belong to the
 * result that holds them. An argument may have up to 16384 bytes, certificates up to 1 MiB. On
 * Windows convert UTF-16 with WideCharToMultiByte(CP_UTF8, ...), and back with
 * MultiByteToWideChar(CP_UTF8, ...); main() and getenv() return text in the system's code page
 * there: convert it too.
 *
 * Ownership. The caller owns whatever a `_new` function or a call returns, and frees it once with
 * the `_free` function of its type. Every `_free` function accepts NULL. The library keeps no
 * pointer to any argument.
 *
 * NULL. A call whose handle or required string is NULL returns ASR_INVALID_ARGUMENT; it never
 * crashes. A setter and asr_cancel_trigger() ignore a NULL handle.
 *
 * Threads. Any number of threads may share a client or a cancel token. Settings and results belong
 * to one thread at a time. The library makes no callbacks. It starts a thread only for work that
 * the system cannot interrupt: a name look-up and, on Windows and macOS, the check of a
 * certificate, the search for a proxy and (Windows) the login to the proxy. Such a thread may
 * outlive its call; at most one runs for each host, each certificate, each base URL and each call
 * that logs in. Call from a thread that may block and has at least 128 KiB of stack, not from a
 * user interface's thread. To end a call, use asr_cancel_trigger(). A deferred pthread_cancel()
 * takes effect only after the call; asynchronous cancellation is not supported.
 *
 * Time. A call ends when its time is up (30 seconds by default), and within 100 ms after
 * asr_cancel_trigger().
 *
 * The first call. It looks up the host name, connects and performs the TLS handshake.
 * asr_client_connect() does that in advance: call it when a dialog opens, and the first question
 * takes one round trip. The library races the addresses of a name; see
 * asr_config_set_connect_timeout_ms(). It caches them for 60 seconds, for all clients of the
 * process, and forgets them when it cannot connect.
 *
 * Failures. An ::asr_result tells the user in one sentence why a call failed; asr_result_details()
 * gives the steps of the call for a log. A program in another language than English chooses its own
 * text by `code`.
 *
 * Certificates. The library speaks TLS 1.2 and 1.3. On Linux and similar systems it checks the
 * server's certificate itself, and does not check whether it was revoked (no OCSP, no CRL). On
 * Windows and macOS the system checks it and may ask its issuer over the network; a call whose time
 * is up or whose token is triggered does not wait for that check. With a CA file the library checks
 * the certificate on every system.
 *
 * Retries. asr_secret_question() changes nothing at the service, so the library sends it once more
 * if the server had closed a kept connection. The other calls are sent at most once. If one fails
 * with `request_sent` 1, the service may still have acted on it. asr_confirm_code() may send two
 * requests, each to another route and at most once; see there.
 *
 * Secrets. Key, username, answer, code, token and password appear in no message. The library's
 * copies are wiped when they are freed; the caller wipes its own. The key goes to the configured
 * host alone: redirects are not followed.
 *
 * Process. No call prints, exits, raises SIGPIPE, or touches signal handlers or the locale. Once
 * loaded, the shared library stays: unloading it is not supported, nor is unloading a plugin that
 * holds the static one. After a fork() the child may use a client that it inherited; it opens its
 * own connections. A connection never uses the descriptors 0, 1 and 2, even if they are closed. If
 * memory runs out, the library aborts the process. Only asr_client_new() reads the environment; the
 * system's name look-up may read it too.
 */


#ifndef AUTOSHARES_RESET_H
#define AUTOSHARES_RESET_H

/* cbindgen wrote this file from src/ffi/ and cbindgen.toml: change those, then run `make header`. */

#include <stdint.h>

/** The version of this header; asr_version() returns the library's. */
#define ASR_VERSION_MAJOR 0
/** See ASR_VERSION_MAJOR. */
#define ASR_VERSION_MINOR 1
/** See ASR_VERSION_MAJOR. */
#define ASR_VERSION_PATCH 0

/** AutoShares' own hosted test environment. */
#define ASR_BASE_URL_SANDBOX "https://api.autoshares.dev"
/** AutoShares' production environment. */
#define ASR_BASE_URL_PRODUCTION "https://api.autoshares.com"

/** True if an ::asr_code is a failure; also right for codes that a later version adds. */
#define ASR_FAILED(code) ((code) >= 10)

/** @cond INTERNAL */
/* The calling convention of the functions, whatever the program's default is. */
#if defined(_WIN32)
#define ASR_CALL __cdecl
#else
#define ASR_CALL
#endif
/* The compiler warns a program that ignores a result, which it must free. */
#if defined(__GNUC__)
#define ASR_MUST_USE __attribute__((warn_unused_result))
#else
#define ASR_MUST_USE
#endif
/* CMake's autoshares_reset::static defines ASR_STATIC. */
#if defined(ASR_STATIC) && defined(_MSC_VER) && defined(_DLL)
#error "autoshares_reset: the static library is for /MT; with /MD use the DLL (in CMake autoshares_reset::autoshares_reset)"
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
   * The call succeeded. After asr_secret_question(), `question` is set and not empty; after
   * asr_confirm_code(), `token` is.
   */
  ASR_OK = 0,
  /**
   * A success: this account has no question to answer.
   */
  ASR_NO_QUESTION = 1,
  /**
   * An argument or a setting is unusable; the message names it. It is NULL, not UTF-8, empty,
   * too long or of the wrong form. Nothing was sent.
   */
  ASR_INVALID_ARGUMENT = 10,
  /**
   * The base URL is http:// to another machine, which the settings do not allow. Nothing was
   * sent.
   */
  ASR_INSECURE_URL = 11,
  /**
   * The call was cancelled. Its asr_cancel was triggered.
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
   * The time allowed for the call ran out.
   */
  ASR_TIMEOUT = 23,
  /**
   * The connection broke before the whole response had arrived.
   */
  ASR_CONNECTION_LOST = 24,
  /**
   * The service does not accept the app key. Only the program's developers can fix that, not its
   * user. A gateway that limits requests with HTTP 401 looks the same; the message then gives
   * its reason.
   */
  ASR_APP_KEY_REJECTED = 30,
  /**
   * The service refused the request; the message gives its reason. `service_code` has its error
   * code.
   */
  ASR_REJECTED = 31,
  /**
   * The answer to the secret question is wrong, or one is required and none was given.
   */
  ASR_ANSWER_INCORRECT = 32,
  /**
   * The service received too many requests. See `retry_after_s`.
   */
  ASR_RATE_LIMITED = 33,
  /**
   * The service failed (HTTP 5xx). An installation may respond with HTTP 500 to a user name that
   * it does not know.
   */
  ASR_SERVER_ERROR = 34,
  /**
   * The response is not one that the API documents. It is not JSON, has another shape, is a
   * redirect or is too big. The base URL may be wrong, or another server, such as a gateway or a
   * captive portal, may have responded.
   */
  ASR_INVALID_RESPONSE = 35,
  /**
   * A bug in this library ended the call.
   */
  ASR_INTERNAL = 90
} asr_code_names;

/**
 * Opaque: a token that lets any thread end a call on which another thread waits. One token may be
 * given to many calls, one after the other or at once. It must outlive those calls.
 */
typedef struct asr_cancel asr_cancel;

/**
 * Opaque: a client of one service, with a pool of connections to it. Any number of threads may
 * share it. It must outlive its calls; results may outlive it. After a fork() the child may use a
 * client that it inherited; after `_Fork()` or a bare `clone()`, which run no fork handlers, it
 * may not. The pool keeps up to 64 idle connections. It does not reuse a connection that was idle
 * for 60 seconds; the next call or asr_client_free() closes it.
 */
typedef struct asr_client asr_client;

/**
 * Opaque: settings of a client. One thread at a time. asr_client_new() checks them; its error names
 * the first bad setting.
 */
typedef struct asr_config asr_config;

/**
 * Outcome of a call: one of the `ASR_...` values. An integer of fixed size in every signature and
 * field, because C does not fix the size of an enum. Below 10: success; 10 and up: failure.
 */
typedef int32_t asr_code;

/**
 * The result of a call. The caller owns it, reads it and frees it with asr_result_free(), but must
 * not write to it. All strings are NUL-terminated UTF-8 and live as long as the result. It may
 * outlive the client. One thread at a time.
 *
 * New fields are only ever added at the end.
 */
typedef struct asr_result {
  /**
   * The outcome; see ::asr_code_names.
   */
  asr_code code;
  /**
   * The HTTP status of the service's response; 0 if no response arrived.
   */
  uint16_t http_status;
  /**
   * 1: at least part of the request was sent, so the service may have acted on it. 0: nothing
   * was sent.
   */
  uint16_t request_sent;
  /**
   * The number of seconds that the service asks to wait before the next try; 0 if it does not
   * ask.
   */
  uint32_t retry_after_s;
  /**
   * `errno` or `WSAGetLastError()` behind a network failure; 0 if there is none.
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
   * After a failure, one English sentence fit to show or to log, without any secret. It is the
   * service's own text if the response has one. One line of at most 500 bytes. NULL on success.
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
 * The name of a code, such as "ASR_TIMEOUT"; "ASR_UNKNOWN" for any other number.
 *
 * @param code  Any number.
 * @return A static string, never NULL; do not free it. From any thread.
 */
const char *ASR_CALL asr_code_name(asr_code code);

/**
 * The version of the loaded library, such as "0.1.0". The macros `ASR_VERSION_MAJOR`,
 * `ASR_VERSION_MINOR` and `ASR_VERSION_PATCH` are the version of this header.
 *
 * @return A static string, never NULL; do not free it. From any thread.
 */
const char *ASR_CALL asr_version(void);

/**
 * The ABI version of the loaded library. It counts additions: a program needs at least the
 * `ASR_ABI_VERSION` that it was built with. An incompatible change gets a new library name instead.
 *
 * @return The number. From any thread.
 */
uint32_t ASR_CALL asr_abi_version(void);

/**
 * Describes a call in a few lines for a log: the library's version and the system; host, port and
 * proxy, and the source of the proxy; whether the connection was new; each address tried and how
 * the attempt ended; the times of look-up, connect, proxy, TLS, first byte and whole call; the TLS
 * version and cipher suite; the names in a refused certificate; bytes sent and received; the
 * service's status and its identifier of the request. It never holds a secret, a user name, a
 * query or a body. Its format may change: programs must not parse it.
 *
 * @param result  A result; NULL gives NULL.
 * @return UTF-8 text that belongs to the result and lives as long as the result. The first call of
 *         this function writes it.
 *
 * From any thread, while no other thread uses the result.
 */
const char *ASR_CALL asr_result_details(struct asr_result *result);

/**
 * Frees a result and wipes its strings, whatever the public fields hold.
 *
 * @param result  A result that is not freed yet; or NULL, which does nothing.
 *
 * From any thread, while no other thread reads the result.
 */
void ASR_CALL asr_result_free(struct asr_result *result);

/**
 * Makes settings from the two required ones, with defaults for the others.
 *
 * @param base_url  The service's URL: `ASR_BASE_URL_PRODUCTION`, `ASR_BASE_URL_SANDBOX` or a
 *                  broker's own, with or without a path and a slash at the end, but without the
 *                  version: the library appends `/v1.0` and refuses a URL that ends in it.
 *                  https://, or http:// if asr_config_set_allow_http() allows it. Write a host
 *                  name that is not ASCII in punycode.
 * @param app_key   The key that the broker's administrator gave to the calling program. A secret.
 *
 * Both are copied. asr_client_new() refuses settings in which one of them is NULL.
 *
 * @return Never NULL; free it with asr_config_free(). From any thread.
 */
ASR_MUST_USE struct asr_config *ASR_CALL asr_config_new(const char *base_url, const char *app_key);

/**
 * Sets the API version in the path, without its `v`: letters, digits and single dots.
 *
 * @param config   Settings; NULL does nothing.
 * @param version  Copied; NULL restores the default, "1.0".
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_api_version(struct asr_config *config, const char *version);

/**
 * Sets the time that a whole call may take.
 *
 * @param config        Settings; NULL does nothing.
 * @param milliseconds  Default 30000; 0 is invalid.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_timeout_ms(struct asr_config *config, uint32_t milliseconds);

/**
 * Sets the time that look-up, connect, proxy and TLS handshake may take together. It is part of
 * the time of the whole call.
 *
 * The library races several addresses of the service (or the proxy) as RFC 8305 describes: IPv4
 * and IPv6 take turns, the next attempt starts 250 ms after the last one or at once when one
 * fails, and the first address that connects is used. It is tried first the next time.
 *
 * @param config        Settings; NULL does nothing.
 * @param milliseconds  Default 10000; 0 is invalid.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_connect_timeout_ms(struct asr_config *config, uint32_t milliseconds);

/**
 * Sets a file with the certificates to trust, in PEM form, instead of the system's. A certificate
 * that may sign others (CA:TRUE) is trusted as an authority. Each certificate is also trusted as a
 * server's certificate, for the names in it and within its dates, even if it is self-signed.
 *
 * @param config  Settings; NULL does nothing.
 * @param path    A regular file, of which the first 16 MiB are read. UTF-8 on every system; on
 *                Windows convert it with WideCharToMultiByte(CP_UTF8, ...). Copied. NULL restores
 *                the default, the system's trust store; on Linux and similar systems
 *                `SSL_CERT_FILE` and `SSL_CERT_DIR` replace that if they are set.
 *
 * A program that runs with raised privileges (set-user-ID, set-group-ID, file capabilities) reads
 * no environment variable that chooses trust or a proxy.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_ca_file(struct asr_config *config, const char *path);

/**
 * Sets certificates to trust from memory, as asr_config_set_ca_file() does from a file. If both
 * are set, the certificates of both are trusted. Since ABI version 2.
 *
 * @param config  Settings; NULL does nothing.
 * @param pem     Certificates in PEM form, at most 1 MiB; copied; NULL restores the default, none.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_ca_pem(struct asr_config *config, const char *pem);

/**
 * Sets the proxy: an http:// or https:// URL, which may hold a percent-encoded user name and
 * password. Connections to loopback hosts never use a proxy.
 *
 * @param config  Settings; NULL does nothing.
 * @param url     Copied; "" for no proxy, whatever the environment and the system say; NULL
 *                restores the default: for https `HTTPS_PROXY`, then `ALL_PROXY`, for http
 *                `http_proxy`, then `ALL_PROXY`, unless `NO_PROXY` names the host. The lower-case
 *                form of each name is read first. `HTTP_PROXY` is read on Windows only, where names
 *                have no case. asr_client_new() reads them, once.
 *
 * If the environment names no proxy, the system's settings apply on Windows and macOS: fixed
 * proxies with their exceptions, or a PAC file, configured or discovered. The library asks the
 * system when it makes a connection, within the connect timeout, and caches the result for a
 * minute. It tries several proxies in order. A PAC file that cannot be fetched or run counts as
 * none; asr_result_details() reports it. SOCKS proxies are not supported.
 *
 * On Windows the library logs in by Negotiate or NTLM, as the signed-in user, to a proxy that
 * requires it, if these settings or the system's name the proxy and its URL holds no user name.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_proxy(struct asr_config *config, const char *url);

/**
 * Sets the calling program's name, which the `User-Agent` header holds before the library's own.
 *
 * @param config  Settings; NULL does nothing.
 * @param name    Printable ASCII, such as "Terminal/4.2"; copied; NULL or "" restores the default,
 *                the library's own name alone.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_user_agent(struct asr_config *config, const char *name);

/**
 * Allows http:// to other machines, which exposes the key and the password to the network. http://
 * to loopback (127.0.0.0/8, [::1], localhost) is always allowed.
 *
 * @param config  Settings; NULL does nothing.
 * @param yes     0, the default: no; anything else: yes.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_set_allow_http(struct asr_config *config, int32_t yes);

/**
 * Frees settings and wipes the key. A client that was made from them is not affected.
 *
 * @param config  Settings that are not freed yet; or NULL, which does nothing.
 *
 * From any thread, while no other thread uses the settings.
 */
void ASR_CALL asr_config_free(struct asr_config *config);

/**
 * Retrieves a user's secret question with a client for this one call. A program that makes more
 * than one call keeps a client instead, which is faster.
 *
 * @param base_url  As in asr_config_new().
 * @param app_key   As in asr_config_new().
 * @param username  As in asr_secret_question().
 * @return Never NULL; free it with asr_result_free(). From any thread.
 *
 * Blocks for as long as asr_client_new(), under the same conditions, and then for up to 30 seconds.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_secret_question_once(const char *base_url,
                                                     const char *app_key,
                                                     const char *username);

/**
 * Makes a client: checks all settings, and reads the environment's proxy variables and, for https,
 * the trusted certificates. Sends nothing. It has no time limit. No other thread may change the
 * environment while it runs.
 *
 * @param config  The settings; copied, so you may free them at once.
 * @param error   May be NULL. Otherwise `*error` is always written: NULL on success, on failure a
 *                result to be freed with asr_result_free().
 * @return The client, to be freed with asr_client_free(); NULL on failure, which is
 *         ASR_INVALID_ARGUMENT, ASR_INSECURE_URL or, if this system has no trusted certificates,
 *         ASR_TLS_FAILED. From any thread.
 */
ASR_MUST_USE
struct asr_client *ASR_CALL asr_client_new(const struct asr_config *config,
                                           struct asr_result **error);

/**
 * Frees a client and closes its connections. From any thread, but not while a call on it runs.
 *
 * @param client  A client that is not freed yet; or NULL, which does nothing.
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
 *         ASR_NO_QUESTION: the account has no question to answer, which is a success too.
 *
 * Blocks until it is done, timed out or cancelled. From any thread.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_secret_question(const struct asr_client *client,
                                                const char *username,
                                                struct asr_cancel *cancel);

/**
 * Makes a connection ready for the next call: look-up, TCP, proxy and TLS. A dialog calls it when
 * it opens, while its user types, so that the first response takes one round trip. Does nothing if
 * the client has a usable idle connection. Since ABI version 2.
 *
 * @param client  A client.
 * @param cancel  Lets another thread end the call; may be NULL.
 * @return Never NULL; free it with asr_result_free(). ASR_OK: the next call finds a connection,
 *         unless the service closes it first. No request is sent: `request_sent` and `http_status`
 *         are 0.
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
 * @param answer_or_null  The answer to the secret question, 1 to 16384 bytes; NULL for none. The
 *                        call returns ASR_ANSWER_INCORRECT if it is wrong, or missing and
 *                        required.
 * @param cancel          Lets another thread end the call; may be NULL.
 * @return Never NULL; free it with asr_result_free().
 *
 * Sent at most once. If it fails and `request_sent` is 1, the service may still have acted on it.
 * Blocks until it is done, timed out or cancelled. From any thread.
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
 * The API has two routes for this call, and a service has one or both, depending on its age. The
 * call uses each at most once, and the second only after the service responded that it does not
 * have the first, and so did nothing; the client remembers which one the service has. Otherwise
 * like asr_request_reset(). Blocks until it is done, timed out or cancelled. From any thread.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_confirm_code(const struct asr_client *client,
                                             const char *code,
                                             struct asr_cancel *cancel);

/**
 * Sets the new password.
 *
 * @param client        A client.
 * @param token         The token from asr_confirm_code(); or the one that the broker's sign-in
 *                      returns to a user whose password has expired: that user needs only this
 *                      call.
 * @param new_password  The new password, 1 to 16384 bytes. The call returns ASR_REJECTED if the
 *                      password breaks the service's rules; the message says which.
 * @param cancel        Lets another thread end the call; may be NULL.
 * @return Never NULL; free it with asr_result_free().
 *
 * Sent at most once, like asr_request_reset(). Blocks until it is done, timed out or cancelled.
 * From any thread.
 */
ASR_MUST_USE
struct asr_result *ASR_CALL asr_set_password(const struct asr_client *client,
                                             const char *token,
                                             const char *new_password,
                                             struct asr_cancel *cancel);

/**
 * Makes a token that is not triggered.
 *
 * @return Never NULL; free it with asr_cancel_free(). From any thread.
 */
ASR_MUST_USE struct asr_cancel *ASR_CALL asr_cancel_new(void);

/**
 * Ends every call that uses this token. Running calls return ASR_CANCELLED within 100 ms, later
 * ones at once. A call whose response has already arrived may still succeed. The client
 * stays usable.
 *
 * @param cancel  A token; NULL does nothing.
 *
 * From any thread, any number of times, but not from a signal handler. A triggered token stays
 * triggered: use a new one for the next try.
 */
void ASR_CALL asr_cancel_trigger(struct asr_cancel *cancel);

/**
 * Frees a token.
 *
 * @param cancel  A token that is not freed yet; or NULL, which does nothing.
 *
 * Do not free a token while a call uses it, or while another thread triggers it.
 */
void ASR_CALL asr_cancel_free(struct asr_cancel *cancel);

#ifdef __cplusplus
}  /* extern "C" */
#endif  /* __cplusplus */

#endif  /* AUTOSHARES_RESET_H */
