/* Hostile text: whatever comes in leaves as UTF-8, without control bytes, and as one cell. */
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"
#include "out/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts unless TEXT is UTF-8 whose only control characters are among ALLOWED. */
static void expect_harmless(const struct skt_str *text, const char *allowed)
{
	size_t n;

	for (size_t i = 0; i < text->len; i += n) {
		uint32_t code;

		n = skt_utf8_decode(text->data + i, text->len - i, &code);
		if (!n || (code >= 0x7f && code < 0xa0))
			abort();
		if (code < 0x20 && (!code || !strchr(allowed, (int)code)))
			abort();
	}
}

/* Aborts unless every quote in TEXT but the first and the last is escaped. */
static void expect_json_string(const struct skt_str *text)
{
	size_t i = 1;

	if (text->len < 2 || text->data[0] != '"' || text->data[text->len - 1] != '"')
		abort();
	while (i < text->len - 1 && text->data[i] != '"')
		i += text->data[i] == '\\' ? 2 : 1;
	if (i != text->len - 1)
		abort();
}

/* Aborts unless TEXT is one CSV cell: quoted with its quotes doubled, or free of what separates. */
static void expect_csv_cell(const struct skt_str *text)
{
	size_t quotes = 0, separators = 0;

	for (size_t i = 0; i < text->len; i++) {
		quotes += text->data[i] == '"';
		separators += text->data[i] == ',' || text->data[i] == '\n';
		if (text->data[i] != '"' && quotes % 2 == 0 && separators)
			abort();
	}
	if (quotes % 2 || (quotes && (text->data[0] != '"' || text->data[text->len - 1] != '"')))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct skt_str out = {0};

	if (skt_text_add_escaped(&out, text, size) > out.len)
		abort();
	expect_harmless(&out, "");
	out.len = 0;
	skt_text_add_json(&out, text, size);
	expect_harmless(&out, "");
	expect_json_string(&out);
	out.len = 0;
	skt_text_add_csv(&out, text, size);
	expect_harmless(&out, "\n\t");
	expect_csv_cell(&out);
	skt_str_fini(&out);
	return 0;
}
