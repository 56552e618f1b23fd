/* Payload that is written in hexadecimal. */
#ifndef SKT_CMD_UDPSEND_HEX_H
#define SKT_CMD_UDPSEND_HEX_H

#include <stddef.h>

/*
 * Turns LEN hexadecimal digits (blanks and colons between bytes allowed) into *RET_LEN bytes, in
 * place. -EINVAL.
 */
int udpsend_unhex(char *text, size_t len, size_t *ret_len);

#endif
