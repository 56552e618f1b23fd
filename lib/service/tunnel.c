#include "service/tunnel.h"

#include <string.h>

#include "base/macros.h"

static void set_text(struct skt_identity_text *ret, const char *text)
{
	skt_identity_set(ret, text, strlen(text));
}

static void add_name(struct skt_identity_text *ret, const char *name)
{
	size_t len = strlen(name);

	/* Whole names only, and none that would be taken for two. */
	if (ret->len + len + 1 > SKT_IDENTITY_TEXT_MAX || memchr(name, ',', len))
		return;
	if (ret->len)
		skt_identity_append(ret, ",", 1);
	skt_identity_append(ret, name, len);
}

void skt_tunnel_describe(const struct skt_talk_tls *tls, struct skt_identity *identity)
{
	const struct skt_tls_verdict *verdict = skt_tls_session_verdict(tls->session);
	struct skt_identity_tls *ret = &identity->tls;
	struct skt_arena arena = {0};
	struct skt_tls_certificate certificate;
	struct skt_tls_state state;
	char date[SKT_TLS_DATE_MAX];

	skt_tls_session_state(tls->session, &state);
	set_text(&ret->version, state.version ? state.version : "TLS");
	if (verdict->reason != SKT_TLS_VERIFIED)
		set_text(&ret->why, skt_tls_reason_names[verdict->reason]);
	if (!skt_tls_session_certificate(tls->session, 0, &arena, &certificate)) {
		for (size_t i = 0; i < certificate.names_count; i++)
			add_name(&ret->names, certificate.names[i]);
		if (!certificate.names_count && certificate.common_name)
			add_name(&ret->names, certificate.common_name);
		set_text(&ret->issuer, certificate.issuer);
		set_text(&ret->not_after, skt_tls_date_text(certificate.not_after, date));
	}
	skt_arena_fini(&arena);
}

/* RFC 2818, 8314, 4513, 4217, 7858, 8879; the IANA registry */
static const char *name_inside(const char *service)
{
	static const struct {
		const char *plain, *inside;
	} names[] = {
		{"http", "https"},
		{"imap", "imaps"},
		{"pop3", "pop3s"},
		{"smtp", "submissions"},
		{"ldap", "ldaps"},
		{"ftp", "ftps"},
		{"nntp", "nntps"},
		{"telnet", "telnets"},
		{"domain", "domain-s"},
		{"amqp", "amqps"},
		{"mqtt", "secure-mqtt"},
		{"sip", "sips"},
		{"irc", "ircs-u"},
	};

	for (size_t i = 0; i < SKT_COUNT(names); i++)
		if (strcmp(names[i].plain, service) == 0)
			return names[i].inside;
	return service;
}

struct skt_identity skt_tunnel_join(
	const struct skt_identity *outer, const struct skt_identity *inner)
{
	struct skt_identity joined = *inner;

	if (inner->service) {
		joined.service = name_inside(inner->service);
		return joined;
	}
	joined.service = outer->service ? outer->service : "tls";
	joined.confidence = SKT_CONFIDENCE_MATCHED;
	if (!joined.extra.len)
		joined.extra = outer->extra;
	if (!joined.words.len)
		joined.words = outer->words;
	return joined;
}
