/* What a server says before TLS, to a protocol that the first byte chooses: it agrees, it refuses
 * with words, or it is not enough; and it comes to an end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tls/starttls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_starttls starttls;
	char words[SKT_STARTTLS_WORDS_MAX];
	const char *bytes = (const char *)data + 1;
	struct skt_err err = {0};
	int next;

	if (size == 0)
		return 0;
	size--;
	next = (int)skt_starttls_begin(
		&starttls, data[0] % SKT_STARTTLS_PROTOCOLS, data[0] > 127 ? "a.example" : "");
	for (size_t count = 0; next >= 0 && next != SKT_STARTTLS_READY; count++) {
		ssize_t n;

		if (count > SKT_STARTTLS_PIECES_MAX)
			abort();
		if (next != SKT_STARTTLS_HEAR) {
			size_t len = skt_starttls_words(&starttls, words);

			if (len == 0 || len > sizeof(words))
				abort();
			if (next == SKT_STARTTLS_LEAVE)
				break;
		}
		n = skt_starttls_measure(starttls.protocol)(bytes, size);
		if (n <= 0 && size >= SKT_STARTTLS_PIECE_MAX && n == 0)
			abort();
		if (n <= 0)
			return 0;
		if ((size_t)n > size)
			abort();
		next = skt_starttls_hear(&starttls, bytes, (size_t)n, &err);
		bytes += n;
		size -= (size_t)n;
	}
	if (next < 0 && err.text[0] == '\0')
		abort();
	for (const char *p = err.text; *p; p++)
		if (*p < ' ' || *p > '~')
			abort();
	return 0;
}
