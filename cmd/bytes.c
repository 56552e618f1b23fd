#include "cmd/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

/* The byte that the escape behind a backslash at *P stands for, moving on; -1: none. */
static int unescape(const char **p)
{
	static const char names[] = "rnt0\\", values[] = "\r\n\t\0\\";
	const char *name = **p ? strchr(names, **p) : NULL;
	int high, low;

	if (name) {
		++*p;
		return (unsigned char)values[name - names];
	}
	if (**p != 'x')
		return -1;
	high = skt_hex_digit((*p)[1]);
	low = high < 0 ? -1 : skt_hex_digit((*p)[2]);
	if (low < 0)
		return -1;
	*p += 3;
	return high << 4 | low;
}

int skt_bytes_parse(const char *text, size_t max, char **ret, size_t *ret_len, struct skt_err *err)
{
	size_t len = 0;
	char *bytes;

	if (!*text)
		return skt_fail_text(err, EINVAL, "'': nothing to send");
	if (strlen(text) > max)
		return skt_fail_text(err, E2BIG, "more than %zu bytes", max);
	bytes = malloc(strlen(text));
	if (!bytes)
		return skt_fail(err, ENOMEM, "send");
	for (const char *p = text; *p;) {
		int byte = (unsigned char)*p++;

		if (byte == '\\')
			byte = unescape(&p);
		if (byte < 0) {
			free(bytes);
			return skt_fail_text(err, EINVAL,
				"'%.64s': after a backslash one of r n t 0 \\ or xHH", text);
		}
		bytes[len++] = (char)byte;
	}
	*ret = bytes;
	*ret_len = len;
	return 0;
}
