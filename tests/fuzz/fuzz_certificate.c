/* Any bytes are a certificate or none; its texts are bounded, printable, and without a control. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tls/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
	if (!text || strlen(text) > SKT_TLS_TEXT_MAX)
		abort();
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_tls_certificate certificate;
	struct skt_arena arena = {0};

	if (skt_tls_certificate_parse(data, size, &arena, &certificate) == 0) {
		check(certificate.subject);
		check(certificate.issuer);
		check(certificate.key_type);
		check(certificate.signature);
		check(certificate.serial);
		if (certificate.names_count > certificate.names_total ||
			certificate.names_count > SKT_TLS_NAMES_MAX)
			abort();
		for (size_t i = 0; i < certificate.names_count; i++)
			check(certificate.names[i]);
	}
	skt_arena_fini(&arena);
	return 0;
}
