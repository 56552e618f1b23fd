#include "cmd/listen/tls.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cmd/listen/own_names.h"
#include "cmd/listen/run.h"
#include "net/tls_stream.h"

static int make_context(
	const struct listen_run *run, struct skt_tls_context **ret, struct skt_err *err)
{
	const struct listen_tls_options *o = &run->options->tls;
	struct listen_own_names names = {0};
	struct skt_tls_options options = {
		.server = true,
		.ca = o->client_ca,
		.identities = o->identities.data,
		.identities_count = o->identities.len,
		/* Who is the only one does not come again, and may end without having read. */
		.tickets = run->options->keep,
		.alpn = o->common.alpn,
		.keylog = o->common.keylog,
		.min = o->common.min,
	};

	if (!o->identities.len) {
		listen_own_names(&run->options->endpoint, run->options->socket.way.family, &names);
		options.temporary = names.pointers;
		options.temporary_count = names.count;
	}
	return skt_tls_context_new(&options, ret, err);
}

/* Of what is no error here, but will be one for clients, and of a key that is no secret. */
static void look_at(const struct listen_run *run, const struct skt_tls_identity *identity,
	const struct skt_tls_certificate *own)
{
	const char *key = identity->key ? identity->key : identity->cert;
	int64_t now = (int64_t)(skt_clock_real_ns() / SKT_NS_PER_SEC);
	char date[SKT_TLS_DATE_MAX];
	struct stat st;

	if (own->not_after < now)
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "certificate_expired",
			"certificate '%s' expired on %s", identity->cert,
			skt_tls_date_text(own->not_after, date));
	else if (own->not_before > now)
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "certificate_not_yet_valid",
			"certificate '%s' is not valid until %s", identity->cert,
			skt_tls_date_text(own->not_before, date));
	if (stat(key, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & S_IROTH)
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "key_readable",
			"key '%s' can be read by every user of this host: see chmod(1)", key);
}

static void look_at_all(const struct listen_run *run)
{
	const struct listen_tls_options *o = &run->options->tls;
	struct skt_tls_certificate own;
	struct skt_arena arena = {0};

	for (size_t i = 0; i < o->identities.len; i++)
		if (skt_tls_context_certificate(run->tls, i, &arena, &own) == 0)
			look_at(run, &o->identities.data[i], &own);
	skt_arena_fini(&arena);
}

int listen_tls_open(struct listen_run *run, struct skt_err *err)
{
	int r;

	if (!run->options->tls.tls)
		return 0;
	r = make_context(run, &run->tls, err);
	if (r == 0)
		look_at_all(run);
	return r;
}

void listen_tls_announce(const struct listen_run *run)
{
	const struct skt_listener *first = run->server.listeners;
	char pin[SKT_TLS_PIN_TEXT_MAX], place[LISTEN_PLACE_MAX], date[SKT_TLS_DATE_MAX];
	struct skt_tls_certificate own;
	struct skt_arena arena = {0};
	struct skt_event event;

	if (!run->tls || run->options->tls.identities.len || !first)
		return;
	if (skt_tls_context_certificate(run->tls, 0, &arena, &own) == 0) {
		skt_event_begin(&event, &run->log, SKT_EVENT_NOTICE, "temporary_certificate");
		skt_event_add_text(&event, "pin", skt_tls_pin_text(&own.pin, pin));
		skt_event_add_text(&event, "not_after", skt_tls_date_text(own.not_after, date));
		skt_event_end(&event,
			"with a temporary certificate; clients know it by "
			"sockkit connect --tls --pin=%s %s",
			pin, listen_own_place(&first->endpoint, first->dual, place));
	}
	skt_arena_fini(&arena);
}

bool listen_tls_changes(const struct listen_run *run)
{
	return run->options->tls.identities.len > 0;
}

void listen_tls_reload(struct listen_run *run)
{
	struct skt_tls_context *context;
	struct skt_err err = {0};

	/* At the start it is being made. */
	if (!run->tls)
		return;
	if (make_context(run, &context, &err)) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "certificates_kept",
			"the certificates stay as they were: %s", err.text);
		return;
	}
	skt_tls_context_free(run->tls);
	run->tls = context;
	skt_event_tell(&run->log, SKT_EVENT_NOTICE, "certificates_loaded",
		"loaded the certificates for who comes from now on");
	look_at_all(run);
}

enum skt_exit listen_tls_close(struct listen_run *run, enum skt_exit status)
{
	status = (enum skt_exit)skt_tls_common_conclude(
		&run->options->tls.common, run->tls, &run->log, (int)status);
	skt_tls_context_free(run->tls);
	run->tls = NULL;
	return status;
}

void listen_tls_words(const struct skt_stream *stream, struct listen_tls_words *ret)
{
	const struct skt_tls_session *session = skt_tls_stream_session(stream);
	struct skt_tls_certificate theirs;

	*ret = (struct listen_tls_words){0};
	skt_tls_session_state(session, &ret->state);
	ret->alpn = ret->state.alpn[0] ? ret->state.alpn : NULL;
	ret->server_name = ret->state.server_name[0] ? ret->state.server_name : NULL;
	if (skt_tls_session_certificate(session, 0, &ret->arena, &theirs))
		return;
	ret->subject = theirs.subject;
	ret->common_name = theirs.common_name;
}

static void put(const char *text, char ret[SKT_PROXY_TEXT_MAX + 1])
{
	(void)snprintf(ret, SKT_PROXY_TEXT_MAX + 1, "%s", text ? text : "");
}

void listen_tls_tell(const struct listen_tls_words *words, struct skt_proxy_header *header)
{
	put(words->alpn, header->alpn);
	put(words->server_name, header->authority);
	put(words->state.version, header->tls_version);
	put(words->common_name, header->tls_name);
	header->tls_client = SKT_PROXY_TLS;
	/* A certificate is asked for each time, and has to be good. */
	if (words->subject)
		header->tls_client |= SKT_PROXY_TLS_CERT | SKT_PROXY_TLS_CERT_SESSION;
	header->tls_verified = words->subject != NULL;
}

void listen_tls_words_fini(struct listen_tls_words *words)
{
	skt_arena_fini(&words->arena);
}
