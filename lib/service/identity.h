/* What a port has turned out to be. All texts are a stranger's: bounded, and to be escaped. */
#ifndef SKT_SERVICE_IDENTITY_H
#define SKT_SERVICE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum skt_confidence {
	SKT_CONFIDENCE_UNKNOWN,  /* nothing that is known was said */
	SKT_CONFIDENCE_PORT,     /* what the number of the port is registered for */
	SKT_CONFIDENCE_GREETING, /* words that this service uses, and others may too */
	SKT_CONFIDENCE_MATCHED,  /* what was said has the form of the protocol */
	SKT_CONFIDENCES,
};

extern const char *const skt_confidence_names[SKT_CONFIDENCES];

enum { SKT_IDENTITY_TEXT_MAX = 255 };

/* Bytes as they came, without the controls that would end a line; any others may be there. */
struct skt_identity_text {
	uint8_t len;
	char data[SKT_IDENTITY_TEXT_MAX];
};

struct skt_identity_tls {
	struct skt_identity_text version;
	/* Of the certificate: names, separated by commas, as many as fit; issuer, date of its end,
	 * and in a word why it is not to be believed, or nothing. */
	struct skt_identity_text names, issuer, not_after, why;
};

struct skt_identity {
	const char *service; /* a literal, as the IANA registry spells it; NULL: unknown */
	uint8_t confidence;  /* enum skt_confidence */
	uint8_t follow;      /* enum skt_probe_id that may tell more; 0: none */
	struct skt_identity_text product, version, extra, words;
	struct skt_identity_tls tls; /* that it is inside of; its version empty: there is none */
};

/* Sets TEXT to LEN bytes, without blanks around them, what is too long cut off. */
void skt_identity_set(struct skt_identity_text *text, const void *bytes, size_t len);

/* The same of a literal, all of it. */
void skt_identity_say(struct skt_identity_text *text, const char *literal);

/* Adds to what is there, as skt_identity_set() sets. */
void skt_identity_append(struct skt_identity_text *text, const void *bytes, size_t len);

/* The same behind `; ` and LABEL, a literal. */
void skt_identity_add(
	struct skt_identity_text *text, const char *label, const void *bytes, size_t len);

/* Fills in from LATER, about the same port, what is missing, or less certain. */
void skt_identity_merge(struct skt_identity *identity, const struct skt_identity *later);

#endif
