#include "cmd/connect/tls_row.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

static const char *keep(struct skt_arena *arena, const char *text)
{
	return text && *text ? skt_arena_text(arena, text, strlen(text)) : NULL;
}

static struct skt_list keep_names(
	const struct skt_tls_certificate *certificate, struct skt_arena *arena)
{
	struct connect_row_name *items =
		skt_arena_alloc(arena, (certificate->names_count + 1) * sizeof(*items));

	if (!items)
		return (struct skt_list){0};
	for (size_t i = 0; i < certificate->names_count; i++)
		items[i].name = certificate->names[i];
	return (struct skt_list){.items = items, .count = certificate->names_count};
}

static void add_state(
	struct connect_row_tls *tls, const struct skt_tls_state *state, struct skt_arena *arena)
{
	tls->version = keep(arena, state->version);
	tls->cipher = keep(arena, state->cipher);
	tls->group = keep(arena, state->group);
	tls->alpn = keep(arena, state->alpn);
	tls->chain = (uint32_t)state->chain;
}

static void add_certificate(struct connect_row *row, const struct skt_tls_certificate *c,
	int64_t now, struct skt_arena *arena)
{
	struct connect_row_tls *tls = &row->tls;
	char date[SKT_TLS_DATE_MAX], pin[SKT_TLS_PIN_TEXT_MAX];

	row->present |= UINT64_C(1) << CONNECT_HAS_CERTIFICATE;
	tls->subject = c->subject;
	tls->issuer = c->issuer;
	tls->names = keep_names(c, arena);
	tls->key_type = c->key_type;
	tls->key_bits = c->key_bits;
	tls->signature = c->signature;
	tls->serial = c->serial;
	tls->fingerprint = keep(arena, c->fingerprint);
	tls->pin = keep(arena, skt_tls_pin_text(&c->pin, pin));
	if (c->not_before != SKT_TLS_NO_DATE)
		tls->not_before = keep(arena, skt_tls_date_text(c->not_before, date));
	if (c->not_after == SKT_TLS_NO_DATE)
		return;
	tls->not_after = keep(arena, skt_tls_date_text(c->not_after, date));
	tls->days_left = skt_tls_days_between(now, c->not_after);
	row->present |= UINT64_C(1) << CONNECT_HAS_DATES;
}

/* Whether the certificate, and those it stands on, last as long as was asked for; else says which.
 */
static bool lasts(struct connect_row_tls *tls, const struct skt_tls_session *session,
	const struct connect_tls_options *options, const struct skt_tls_certificate *own,
	int64_t now, struct skt_arena *arena)
{
	int64_t within = (int64_t)(options->expires_within_ns / SKT_NS_PER_SEC);
	struct skt_tls_certificate first = *own;
	char date[SKT_TLS_DATE_MAX], text[256];
	bool is_own;

	if (!within)
		return true;
	(void)skt_tls_session_first_to_expire(session, arena, &first);
	if (first.not_after - within >= now)
		return true;
	is_own = strcmp(first.fingerprint, own->fingerprint) == 0;
	(void)skt_tls_date_text(first.not_after, date);
	(void)snprintf(text, sizeof(text), "%s%.200s%sexpires on %s", is_own ? "" : "issuer ",
		is_own ? "" : first.subject, is_own ? "" : " ", date);
	if (tls->verified)
		tls->why = keep(arena, text);
	return false;
}

bool connect_row_of_tls(struct connect_row *row, const struct skt_tls_session *session,
	const struct connect_tls_options *options, uint64_t handshake_ns, int64_t now,
	struct skt_arena *arena)
{
	const struct skt_tls_verdict *verdict = skt_tls_session_verdict(session);
	struct connect_row_tls *tls = &row->tls;
	struct skt_tls_certificate certificate;
	struct skt_tls_state state;

	skt_tls_session_state(session, &state);
	add_state(tls, &state, arena);
	row->tls_us = handshake_ns / SKT_NS_PER_US;
	row->present |= UINT64_C(1) << CONNECT_HAS_TLS;
	tls->verified = verdict->reasons == 0;
	row->reason = skt_tls_reason_names[verdict->reason];
	tls->why = keep(arena, verdict->text);
	if (skt_tls_session_certificate(session, 0, arena, &certificate))
		return tls->verified || skt_tls_client_takes_any(&options->client);
	add_certificate(row, &certificate, now, arena);
	if (lasts(tls, session, options, &certificate, now, arena))
		return tls->verified || skt_tls_client_takes_any(&options->client);
	/* What is worse has been said. */
	if (tls->verified)
		row->reason = "expires-soon";
	return false;
}

void connect_row_of_opening(
	struct connect_row *row, const struct skt_opening *opening, int r, struct skt_arena *arena)
{
	const struct skt_err *err = &opening->err;
	bool tls = err->domain == SKT_ERR_TLS && err->code > 0 && err->code < SKT_TLS_FAILURES;

	if (r == -ETIMEDOUT)
		row->reason = "tls-timeout";
	else
		row->reason = tls ? skt_tls_failure_names[err->code] : "no-starttls";
	row->tls.why = keep(arena, err->text);
}

void connect_row_of_break(
	struct connect_row *row, const struct skt_err *err, struct skt_arena *arena)
{
	if (err->domain != SKT_ERR_TLS || err->code <= 0 || err->code >= SKT_TLS_FAILURES)
		return;
	row->reason = skt_tls_failure_names[err->code];
	row->tls.why = keep(arena, err->text);
}
