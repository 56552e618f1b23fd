#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool skt_str_grow(struct skt_str *str, size_t n)
{
	size_t want, next = str->cap ? str->cap * 2 : 256;
	char *data;

	if (__builtin_add_overflow(str->len, n, &want)) {
		str->failed = true;
		return false;
	}
	if (next < want)
		next = want;
	data = realloc(str->data, next);
	if (!data) {
		str->failed = true;
		return false;
	}
	str->data = data;
	str->cap = next;
	return true;
}

void skt_str_add_format(struct skt_str *str, const char *format, ...)
{
	va_list args;
	char *room;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return;
	room = skt_str_room(str, (size_t)n + 1);
	if (!room)
		return;
	va_start(args, format);
	(void)vsnprintf(room, (size_t)n + 1, format, args);
	va_end(args);
	str->len += (size_t)n;
}

void skt_str_add_fill(struct skt_str *str, char c, size_t n)
{
	char *room = n ? skt_str_room(str, n) : NULL;

	if (room) {
		memset(room, c, n);
		str->len += n;
	}
}

enum { READ_AT_ONCE = 16 * 1024 };

int skt_str_read(struct skt_str *str, int fd, size_t max)
{
	const size_t before = str->len;

	for (;;) {
		char *room = skt_str_room(str, READ_AT_ONCE);
		ssize_t n;

		if (!room)
			return -ENOMEM;
		n = read(fd, room, READ_AT_ONCE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		skt_str_commit(str, room + n);
		if (str->len - before > max)
			return -EFBIG;
	}
}

void skt_str_fini(struct skt_str *str)
{
	free(str->data);
	*str = (struct skt_str){0};
}

char *skt_put_u64(char *p, uint64_t value)
{
	static const char pairs[] = "00010203040506070809"
				    "10111213141516171819"
				    "20212223242526272829"
				    "30313233343536373839"
				    "40414243444546474849"
				    "50515253545556575859"
				    "60616263646566676869"
				    "70717273747576777879"
				    "80818283848586878889"
				    "90919293949596979899";
	char digits[SKT_PUT_U64_MAX];
	char *d = digits + sizeof(digits);
	size_t n;

	if (value < 10) {
		*p = (char)('0' + value);
		return p + 1;
	}
	while (value >= 100) {
		*--d = pairs[value % 100 * 2 + 1];
		*--d = pairs[value % 100 * 2];
		value /= 100;
	}
	if (value >= 10) {
		*--d = pairs[value * 2 + 1];
		*--d = pairs[value * 2];
	} else {
		*--d = (char)('0' + value);
	}
	n = (size_t)(digits + sizeof(digits) - d);
	memcpy(p, d, n);
	return p + n;
}

size_t skt_utf8_decode(const char *p, size_t len, uint32_t *ret_code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *b = (const unsigned char *)p;
	uint32_t code;
	size_t n;

	if (b[0] < 0x80) {
		*ret_code = b[0];
		return 1;
	}
	if (b[0] < 0xc2 || b[0] > 0xf4)
		return 0;
	n = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
	if (len < n)
		return 0;
	code = b[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (b[i] & 0x3fu);
	}
	if (code < smallest[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}
