#include "cmd/connect/expect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/bytes.h"

/* A backslash before a digit, itself not escaped, outside of brackets, where it is a backslash. */
static bool has_back_reference(const char *regex)
{
	for (const char *p = regex; *p; p++) {
		if (*p == '[') {
			/* A ] that comes first is one of the characters (POSIX, 9.3.5). */
			p += p[1] == '^' ? 2 : 1;
			p = *p ? strchr(p + 1, ']') : NULL;
			if (!p)
				return false;
		} else if (*p == '\\') {
			if (p[1] >= '1' && p[1] <= '9')
				return true;
			if (!*++p)
				return false;
		}
	}
	return false;
}

int connect_expect_parse(struct connect_expect *expect, const char *regex, struct skt_err *err)
{
	char why[96];
	int r;

	if (has_back_reference(regex))
		return skt_fail_text(err, EINVAL,
			"'%.64s': back-references are refused, which others could make slow",
			regex);
	if (expect->given)
		regfree(&expect->regex);
	r = regcomp(&expect->regex, regex, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
	expect->given = r == 0;
	if (r == 0)
		return 0;
	(void)regerror(r, &expect->regex, why, sizeof(why));
	return skt_fail_text(err, EINVAL, "'%.64s': %s", regex, why);
}

int connect_send_parse(struct connect_expect *expect, const char *text, struct skt_err *err)
{
	char *bytes;
	size_t len;
	int r = skt_bytes_parse(text, CONNECT_SEND_MAX, &bytes, &len, err);

	if (r)
		return r;
	free(expect->send);
	expect->send = bytes;
	expect->send_len = len;
	return 0;
}

void connect_expect_fini(struct connect_expect *expect)
{
	if (expect->given)
		regfree(&expect->regex);
	free(expect->send);
	*expect = (struct connect_expect){0};
}

void connect_said_add(struct connect_said *said, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && said->len < CONNECT_SAID_MAX; i++) {
		char c = bytes[i] ? bytes[i] : ' ';

		/* A CR is kept until it is known that it ends no line. */
		if (said->has_cr && c == '\n')
			said->len--;
		said->has_cr = c == '\r';
		said->text[said->len++] = c;
	}
	said->text[said->len] = '\0';
}

bool connect_said_matches(
	const struct connect_said *said, const struct connect_expect *expect, bool ended)
{
	return said->len &&
		regexec(&expect->regex, said->text, 0, NULL, ended ? 0 : REG_NOTEOL) == 0;
}

void connect_said_line(const struct connect_said *said, char *ret, size_t size)
{
	const char *line = said->text + strspn(said->text, "\n");
	size_t len = SKT_MIN(strcspn(line, "\n"), size - 1);

	memcpy(ret, line, len);
	ret[len] = '\0';
}
