/* A library that has nothing to do with this package. */
#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED
#endif

EXPORTED int answer(void) { return 42; }
