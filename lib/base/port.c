#include "base/port.h"

#include <ctype.h>
#include <string.h>

#include "base/macros.h"

enum { PORT_MAX = 65535, SHOWN_MAX = 100 /* bytes of an item that errors show */ };

/* One bad item, as errors quote it. */
static int fail_item(
	struct skt_err *err, int errnum, const char *item, size_t len, const char *reason)
{
	return skt_fail_text(
		err, errnum, "bad port '%.*s': %s", (int)SKT_MIN(len, SHOWN_MAX), item, reason);
}

/* Reads the digits at *P, past 65535 as 65536, and moves on; false where there is none. */
static bool read_number(const char **p, const char *end, uint32_t *ret)
{
	const char *start = *p;
	uint32_t value = 0;

	for (; *p < end && isdigit((unsigned char)**p); ++*p) {
		value = value * 10 + (uint32_t)(**p - '0');
		value = SKT_MIN(value, PORT_MAX + 1);
	}
	if (*p == start)
		return false;
	*ret = value;
	return true;
}

/* N, N-M, -M or N-; only digits and dashes get here. */
static int parse_range(const char *item, size_t len, struct skt_port_item *ret, struct skt_err *err)
{
	const char *p = item, *end = item + len;
	uint32_t low = 1, high = PORT_MAX;
	bool has_low, has_high;

	has_low = read_number(&p, end, &low);
	if (p == end) {
		high = low;
	} else {
		p++;
		has_high = read_number(&p, end, &high);
		if (p < end)
			return fail_item(err, EINVAL, item, len, "not a number, range or name");
		/* What leaves nothing out was hardly meant: `1-` is rather `1-10` cut short. */
		if (!(has_low && has_high) && low <= 1 && high == PORT_MAX)
			return fail_item(err, EINVAL, item, len, "range cut short");
	}
	if (low > PORT_MAX || high > PORT_MAX)
		return fail_item(err, ERANGE, item, len, "ports end at 65535");
	if (low > high)
		return fail_item(err, EINVAL, item, len, "reversed range");
	*ret = (struct skt_port_item){.low = (uint16_t)low, .high = (uint16_t)high};
	return 0;
}

static bool is_hexadecimal(const char *item, size_t len)
{
	if (len < 3 || item[0] != '0' || (item[1] | 0x20) != 'x')
		return false;
	for (size_t i = 2; i < len; i++)
		if (!isxdigit((unsigned char)item[i]))
			return false;
	return true;
}

/* RFC 6335 section 5.1, and what else services(5) files name services with. */
static int parse_name(const char *item, size_t len, struct skt_port_item *ret, struct skt_err *err)
{
	bool letters = false;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)item[i];

		if (!isascii(c) || !(isalnum(c) || (c && strchr("-_.+/", c))))
			return fail_item(err, EINVAL, item, len, "not a number, range or name");
		letters |= isalpha(c) != 0;
	}
	if (is_hexadecimal(item, len))
		return fail_item(err, EINVAL, item, len, "ports are decimal");
	if (!letters || item[0] == '-' || item[len - 1] == '-')
		return fail_item(err, EINVAL, item, len, "not a number, range or name");
	*ret = (struct skt_port_item){.name = item, .name_len = len};
	return 0;
}

static int parse_item(const char *item, size_t len, struct skt_port_item *ret, struct skt_err *err)
{
	for (size_t i = 0; i < len; i++)
		if (item[i] != '-' && !isdigit((unsigned char)item[i]))
			return parse_name(item, len, ret, err);
	return parse_range(item, len, ret, err);
}

/* Items that begin below LOWEST are refused. */
static int parse_list(const char *text, size_t len, uint16_t lowest, struct skt_port_list *list,
	struct skt_err *err)
{
	const char *item = text, *end = text + len, *comma;
	struct skt_port_item parsed;
	size_t before = list->len;
	int rc = 0;

	if (!len)
		return skt_fail_text(err, EINVAL, "empty port list");
	for (;; item = comma + 1) {
		comma = item < end ? memchr(item, ',', (size_t)(end - item)) : NULL;
		if (!comma)
			comma = end;
		if (comma == item)
			rc = skt_fail_text(err, EINVAL, "empty item in port list '%.*s'",
				(int)SKT_MIN(len, SHOWN_MAX), text);
		else
			rc = parse_item(item, (size_t)(comma - item), &parsed, err);
		if (!rc && !parsed.name && parsed.low < lowest)
			rc = fail_item(
				err, ERANGE, item, (size_t)(comma - item), "ports begin at 1");
		if (!rc && skt_vec_push(list, parsed))
			rc = skt_fail(err, ENOMEM, "port list");
		if (rc) {
			list->len = before;
			return rc;
		}
		if (comma == end)
			return 0;
	}
}

int skt_port_list_parse(
	const char *text, size_t len, struct skt_port_list *list, struct skt_err *err)
{
	return parse_list(text, len, 1, list, err);
}

int skt_port_list_parse_any(
	const char *text, size_t len, struct skt_port_list *list, struct skt_err *err)
{
	return parse_list(text, len, 0, list, err);
}
