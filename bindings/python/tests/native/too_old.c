/* Older than any that there was. */
#include "exported.h"

EXPORTED unsigned asr_abi_version(void) { return 0; }
