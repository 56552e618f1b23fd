/* Bytes to be sent, written as text. */
#ifndef SKT_CMD_BYTES_H
#define SKT_CMD_BYTES_H

#include <stddef.h>

#include "base/err.h"

/*
 * The bytes of TEXT, in which \r \n \t \0 \\ and \xHH stand for what they do in C. *ret: LEN of
 * them, to be freed. Errors, told in ERR: -EINVAL (none, or another escape), -E2BIG (more than MAX
 * characters), -ENOMEM.
 */
int skt_bytes_parse(const char *text, size_t max, char **ret, size_t *ret_len, struct skt_err *err);

#endif
