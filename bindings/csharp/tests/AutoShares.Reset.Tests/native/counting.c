/* Passes each call on to the library that COUNTED_LIBRARY names, and counts the objects that are made and freed.
 * If COUNTED_ABI is set, asr_abi_version() returns it. If COUNTED_CODE is set, asr_confirm_code() returns it as its code,
 * without a token, as a newer library could. */
#include "autoshares_reset.h"
#include <stdlib.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

enum kind { CONFIG, CLIENT, CANCEL, RESULT, KINDS };
static int made[KINDS], freed[KINDS];

int counted_made(int kind) { return __atomic_load_n(&made[kind], __ATOMIC_SEQ_CST); }
int counted_live(int kind) { return counted_made(kind) - __atomic_load_n(&freed[kind], __ATOMIC_SEQ_CST); }

static void *real(const char *name) {
#ifdef _WIN32
  void *function = (void *)GetProcAddress(LoadLibraryA(getenv("COUNTED_LIBRARY")), name);
#else
  void *function = dlsym(dlopen(getenv("COUNTED_LIBRARY"), RTLD_NOW), name);
#endif
  if (!function) abort();
  return function;
}

static void *making(enum kind kind, void *thing) {
  if (thing) __atomic_add_fetch(&made[kind], 1, __ATOMIC_SEQ_CST);
  return thing;
}

static void *freeing(enum kind kind, void *thing) {
  if (thing) __atomic_add_fetch(&freed[kind], 1, __ATOMIC_SEQ_CST);
  return thing;
}

/* The function of this name in that library, with its type from the header. */
#define REAL(name) ((__typeof__(&name))real(#name))

asr_config *asr_config_new(const char *url, const char *key) { return making(CONFIG, REAL(asr_config_new)(url, key)); }
void asr_config_set_api_version(asr_config *c, const char *v) { REAL(asr_config_set_api_version)(c, v); }
void asr_config_set_timeout_ms(asr_config *c, uint32_t v) { REAL(asr_config_set_timeout_ms)(c, v); }
void asr_config_set_connect_timeout_ms(asr_config *c, uint32_t v) { REAL(asr_config_set_connect_timeout_ms)(c, v); }
void asr_config_set_ca_file(asr_config *c, const char *v) { REAL(asr_config_set_ca_file)(c, v); }
void asr_config_set_ca_pem(asr_config *c, const char *v) { REAL(asr_config_set_ca_pem)(c, v); }
void asr_config_set_proxy(asr_config *c, const char *v) { REAL(asr_config_set_proxy)(c, v); }
void asr_config_set_user_agent(asr_config *c, const char *v) { REAL(asr_config_set_user_agent)(c, v); }
void asr_config_set_allow_http(asr_config *c, int32_t v) { REAL(asr_config_set_allow_http)(c, v); }
void asr_config_free(asr_config *c) { REAL(asr_config_free)(freeing(CONFIG, c)); }

asr_client *asr_client_new(const asr_config *c, asr_result **error) {
  asr_client *client = making(CLIENT, REAL(asr_client_new)(c, error));
  if (error) making(RESULT, *error);
  return client;
}
void asr_client_free(asr_client *c) { REAL(asr_client_free)(freeing(CLIENT, c)); }

asr_cancel *asr_cancel_new(void) { return making(CANCEL, REAL(asr_cancel_new)()); }
void asr_cancel_trigger(asr_cancel *c) { REAL(asr_cancel_trigger)(c); }
void asr_cancel_free(asr_cancel *c) { REAL(asr_cancel_free)(freeing(CANCEL, c)); }

asr_result *asr_secret_question(const asr_client *c, const char *user, asr_cancel *x) {
  return making(RESULT, REAL(asr_secret_question)(c, user, x));
}
asr_result *asr_request_reset(const asr_client *c, const char *user, const char *answer, asr_cancel *x) {
  return making(RESULT, REAL(asr_request_reset)(c, user, answer, x));
}
asr_result *asr_confirm_code(const asr_client *c, const char *code, asr_cancel *x) {
  asr_result *result = making(RESULT, REAL(asr_confirm_code)(c, code, x));
  const char *claimed = getenv("COUNTED_CODE");
  if (claimed) {
    result->code = atoi(claimed);
    result->token = NULL;
  }
  return result;
}

/* Counts the characters P in the freed memory of the last password, which had 200. Skips the first 32 bytes, because
 * allocators write into them. */
static const char *password_was;
int counted_left(void) {
  int left = 0;
  for (int i = 32; i < 200; i++) left += ((const volatile char *)password_was)[i] == 'P';
  return left;
}

asr_result *asr_set_password(const asr_client *c, const char *token, const char *password, asr_cancel *x) {
  password_was = password;
  return making(RESULT, REAL(asr_set_password)(c, token, password, x));
}
asr_result *asr_client_connect(const asr_client *c, asr_cancel *x) { return making(RESULT, REAL(asr_client_connect)(c, x)); }
const char *asr_result_details(asr_result *r) { return REAL(asr_result_details)(r); }
void asr_result_free(asr_result *r) { REAL(asr_result_free)(freeing(RESULT, r)); }

const char *asr_version(void) { return REAL(asr_version)(); }
uint32_t asr_abi_version(void) {
  const char *claimed = getenv("COUNTED_ABI");
  return claimed ? (uint32_t)atoi(claimed) : REAL(asr_abi_version)();
}
