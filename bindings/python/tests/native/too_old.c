/* Older than any that there was. */
#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED
#endif

EXPORTED unsigned asr_abi_version(void) { return 0; }
