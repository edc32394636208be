/* The emulator's mailbox. */
#ifndef MAIL_H
#define MAIL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The code that was mailed last to this user; "" if there is none. */
void last_mailed_code(const char *user, char *code, size_t size);

#ifdef __cplusplus
}
#endif

#endif
