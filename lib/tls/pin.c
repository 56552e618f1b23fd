#include "tls/pin.h"

#include <errno.h>
#include <string.h>

static const char prefix[] = "sha256//";
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { BASE64_LEN = 44 }; /* of 32 bytes, the last `=` included */

int skt_tls_pin_parse(const char *text, struct skt_tls_pin *ret)
{
	struct skt_tls_pin pin;
	uint32_t bits = 0;
	size_t count = 0, at = 0;

	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return -EINVAL;
	text += strlen(prefix);
	if (strlen(text) != BASE64_LEN || text[BASE64_LEN - 1] != '=')
		return -EINVAL;
	for (size_t i = 0; i < BASE64_LEN - 1; i++) {
		const char *digit = strchr(alphabet, text[i]);

		if (!digit)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)(digit - alphabet);
		count += 6;
		if (count >= 8) {
			count -= 8;
			pin.digest[at++] = (uint8_t)(bits >> count);
		}
	}
	/* RFC 4648, 3.5: what is left over is zero, or two texts would be one pin. */
	if (bits & ((1U << count) - 1))
		return -EINVAL;
	*ret = pin;
	return 0;
}

const char *skt_tls_pin_text(const struct skt_tls_pin *pin, char text[SKT_TLS_PIN_TEXT_MAX])
{
	char *p = text + strlen(prefix);
	uint32_t bits = 0;
	size_t count = 0;

	memcpy(text, prefix, strlen(prefix));
	for (size_t i = 0; i < SKT_TLS_PIN_SIZE; i++) {
		bits = bits << 8 | pin->digest[i];
		for (count += 8; count >= 6; *p++ = alphabet[bits >> count & 63])
			count -= 6;
	}
	*p++ = alphabet[bits << (6 - count) & 63];
	*p++ = '=';
	*p = '\0';
	return text;
}
