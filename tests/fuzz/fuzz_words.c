/*
 * Values that are texts of their own: the words of --exec, bytes with escapes, hexadecimal payload.
 * What is read of them, written in the plainest way, is read as the same.
 */
#include "base/str.h"
#include "cmd/bytes.h"
#include "cmd/stream/exec.h"
#include "cmd/udpsend/hex.h"
#include "tests/fuzz/fuzz.h"

/* The words, each in quotes, with what quotes cannot hold behind backslashes. */
static void add_quoted(struct skt_str *out, const char *word)
{
	skt_str_add_char(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			skt_str_add_text(out, "'\\''");
		else
			skt_str_add_char(out, *word);
	}
	skt_str_add_text(out, "' \t");
}

static void check_exec(const char *command)
{
	char **words, **again;
	struct skt_str quoted = {0};
	struct skt_err err = {0};
	size_t i = 0;
	int rc = skt_exec_words(command, &words, &err);

	if ((rc != 0) != (skt_exec_check(command, &err) != 0) || (rc && !err.text[0]))
		abort();
	if (rc)
		return;
	for (; words[i]; i++)
		add_quoted(&quoted, words[i]);
	skt_str_add_char(&quoted, '\0');
	if (!i || skt_exec_words(quoted.data, &again, &err))
		abort();
	for (size_t k = 0; k <= i; k++)
		if ((words[k] == NULL) != (again[k] == NULL) ||
			(words[k] && strcmp(words[k], again[k]) != 0))
			abort();
	skt_exec_free(words);
	skt_exec_free(again);
	skt_str_fini(&quoted);
}

static void add_hex(struct skt_str *out, const char *bytes, size_t len, const char *front)
{
	for (size_t i = 0; i < len; i++)
		skt_str_add_format(out, "%s%02x", front, (unsigned char)bytes[i]);
	skt_str_add_char(out, '\0');
}

static void check_bytes(const char *text)
{
	char *bytes, *again;
	size_t len, again_len;
	struct skt_str hex = {0};
	struct skt_err err = {0};

	if (skt_bytes_parse(text, 256, &bytes, &len, &err)) {
		if (!err.text[0])
			abort();
		return;
	}
	add_hex(&hex, bytes, len, "\\x");
	if (!len || len > strlen(text) ||
		skt_bytes_parse(hex.data, 4096, &again, &again_len, &err) || again_len != len ||
		memcmp(again, bytes, len) != 0)
		abort();
	free(bytes);
	free(again);
	skt_str_fini(&hex);
}

/* The text without what may stand between bytes, in small letters, is the bytes in hexadecimal. */
static void check_unhex(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_text(data, size);
	struct skt_str hex = {0};
	size_t len, at = 0;

	if (!udpsend_unhex(bytes, size, &len)) {
		add_hex(&hex, bytes, len, "");
		for (size_t i = 0; i < size; i++)
			if (!strchr(" \t\n\v\f\r:", data[i]) &&
				hex.data[at++] != (data[i] >= 'A' ? data[i] | 0x20 : data[i]))
				abort();
		if (at != 2 * len)
			abort();
		skt_str_fini(&hex);
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_exec(text);
	check_bytes(text);
	check_unhex(data, size);
	free(text);
	return 0;
}
