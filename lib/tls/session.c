#include "tls/session.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "tls/alpn.h"
#include "tls/certificate_internal.h"
#include "tls/context_internal.h"
#include "tls/explain.h"
#include "tls/text.h"
#include "tls/transport.h"
#include "tls/verify.h"

struct skt_tls_session {
	struct skt_tls_context *context; /* one of its users */
	SSL *ssl;
	struct skt_tls_transport transport;
	struct skt_tls_judge judge;
	struct skt_tls_trouble trouble;
	unsigned int wants, read_wants, write_wants; /* enum skt_tls_wants */
	/* Of what was given to be written: how much is gathered already, and not told so yet. */
	size_t given;
	/* How the session broke, told once all that came before is read: 0: not, or -errno. */
	int late;
	struct skt_err late_err;
	bool untold; /* that, or its end */
	enum skt_tls_end end;
};

/* ---- beginning and end ---- */

static int offer(SSL *ssl, const char *alpn)
{
	uint8_t wire[SKT_TLS_ALPN_MAX];
	int len = *alpn ? skt_tls_alpn_parse(alpn, wire) : 0;

	if (len < 0)
		return len;
	return SSL_set_alpn_protos(ssl, len ? wire : NULL, (unsigned int)len) ? -ENOMEM : 0;
}

static int begin(struct skt_tls_session *session, struct skt_tls_context *context,
	const struct skt_tls_session_options *options)
{
	skt_tls_transport_init(context->carrier);
	session->ssl = SSL_new(context->ssl);
	if (!session->ssl ||
		skt_tls_transport_attach(&session->transport, context->carrier, session->ssl))
		return -ENOMEM;
	(void)SSL_set_app_data(session->ssl, &session->judge);
	if (context->server)
		SSL_set_accept_state(session->ssl);
	else
		SSL_set_connect_state(session->ssl);
	if (!context->server && options->server_name &&
		!SSL_set_tlsext_host_name(session->ssl, options->server_name))
		return -EINVAL;
	return options->alpn ? offer(session->ssl, options->alpn) : 0;
}

int skt_tls_session_new(struct skt_tls_context *context,
	const struct skt_tls_session_options *options, struct skt_tls_session **ret,
	struct skt_err *err)
{
	struct skt_tls_session *session = calloc(1, sizeof(*session));
	int r = -ENOMEM;

	if (session) {
		session->context = context;
		context->users++;
		session->transport.carrier = options->carrier;
		session->transport.trouble = &session->trouble;
		session->judge = (struct skt_tls_judge){
			.expected = options->expected,
			.lacks_authorities = context->lacks_authorities,
			.report = options->report,
		};
		session->judge.verdict.reason = SKT_TLS_NO_CERTIFICATE;
		session->judge.verdict.reasons = UINT32_C(1) << SKT_TLS_NO_CERTIFICATE;
		session->trouble.server = context->server;
		session->trouble.handshake = true;
		r = begin(session, context, options);
	}
	ERR_clear_error();
	if (r) {
		skt_tls_session_free(session);
		return skt_fail(err, -r, "TLS");
	}
	*ret = session;
	return 0;
}

void skt_tls_session_free(struct skt_tls_session *session)
{
	if (!session)
		return;
	SSL_free(session->ssl);
	skt_tls_transport_fini(&session->transport);
	skt_tls_context_free(session->context);
	free(session);
}

/* ---- operations ---- */

/* What an operation that returned R <= 0 came to: -EAGAIN, 0 for the peer's close_notify, or
 * another -errno with words in ERR. */
static int outcome(
	struct skt_tls_session *session, int r, unsigned int *ret_wants, struct skt_err *err)
{
	switch (SSL_get_error(session->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		*ret_wants = SKT_TLS_WANTS_READ;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		*ret_wants = SKT_TLS_WANTS_WRITE;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	}
	if (session->trouble.handshake &&
		skt_tls_is_plaintext(session->trouble.first, session->trouble.first_len))
		skt_tls_transport_see(&session->transport);
	r = skt_tls_explain(&session->trouble, err);
	ERR_clear_error();
	return r;
}

int skt_tls_session_handshake(struct skt_tls_session *session, struct skt_err *err)
{
	const struct skt_tls_verdict *verdict = &session->judge.verdict;
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(session->ssl);
	if (r == 1) {
		session->wants = 0;
		session->read_wants = SKT_TLS_WANTS_READ;
		session->write_wants = SKT_TLS_WANTS_WRITE;
		session->trouble.handshake = false;
		return 0;
	}
	if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED &&
		verdict->reasons) {
		ERR_clear_error();
		return skt_fail_domain(err, EACCES, SKT_ERR_TLS, SKT_TLS_UNVERIFIED, NULL,
			"the certificate %s", verdict->text);
	}
	r = outcome(session, r, &session->wants, err);
	return r ? r
		 : skt_fail_domain(err, EPROTO, SKT_ERR_TLS, SKT_TLS_CUT, NULL,
			   "the other side ended the session in the handshake");
}

unsigned int skt_tls_session_wants(const struct skt_tls_session *session)
{
	return session->wants;
}

unsigned int skt_tls_session_read_wants(const struct skt_tls_session *session)
{
	return session->read_wants;
}

unsigned int skt_tls_session_write_wants(const struct skt_tls_session *session)
{
	return session->write_wants;
}

/* HOW: SSL_read() or SSL_peek(). */
static int take(struct skt_tls_session *session, int (*how)(SSL *, void *, int), void *bytes,
	size_t size, struct skt_err *err)
{
	int r;

	if (session->end == SKT_TLS_CLOSED)
		return 0;
	if (session->end == SKT_TLS_TORN)
		return -ENOLINK;
	ERR_clear_error();
	session->read_wants = SKT_TLS_WANTS_READ;
	r = how(session->ssl, bytes, (int)SKT_MIN(size, (size_t)INT_MAX));
	if (r > 0)
		return r;
	r = outcome(session, r, &session->read_wants, err);
	session->transport.starved = r == -EAGAIN;
	if (r == 0)
		session->end = SKT_TLS_CLOSED;
	else if (r == -ENOLINK)
		session->end = SKT_TLS_TORN;
	return r;
}

/* A broken session is told as it was at first. */
static ssize_t tell_late(struct skt_tls_session *session, struct skt_err *err)
{
	if (err)
		*err = session->late_err;
	return session->late;
}

ssize_t skt_tls_session_read(
	struct skt_tls_session *session, void *bytes, size_t size, struct skt_err *err)
{
	size_t total = 0;
	int r = 1;

	session->untold = false;
	if (session->late)
		return tell_late(session, err);
	/* OpenSSL gives a record at a time. */
	while (r > 0 && total < size) {
		session->transport.ahead = total > 0;
		r = take(session, SSL_read, (char *)bytes + total, size - total,
			total ? &session->late_err : err);
		total += r > 0 ? (size_t)r : 0;
	}
	session->transport.ahead = false;
	if (total == 0)
		return r;
	if (r < 0 && r != -EAGAIN)
		session->late = r;
	session->untold = session->transport.waits || (r <= 0 && r != -EAGAIN);
	return (ssize_t)total;
}

ssize_t skt_tls_session_peek(
	struct skt_tls_session *session, void *bytes, size_t size, struct skt_err *err)
{
	session->untold = false;
	if (session->late)
		return tell_late(session, err);
	return take(session, SSL_peek, bytes, size, err);
}

static int put(struct skt_tls_session *session, const void *bytes, size_t size, struct skt_err *err)
{
	int r;

	ERR_clear_error();
	r = SSL_write(session->ssl, bytes, (int)SKT_MIN(size, (size_t)SKT_TLS_RECORD_TEXT));
	if (r > 0)
		return r;
	r = outcome(session, r, &session->write_wants, err);
	return r ? r : -EPIPE;
}

/* Several records, with one write. The last of them is not told as written before all are. */
static ssize_t put_gathered(
	struct skt_tls_session *session, const char *bytes, size_t size, struct skt_err *err)
{
	size_t total = 0, records = 0;
	int r = 0, last = 0;

	while (r >= 0 && total < size && records++ < SKT_TLS_GATHERED) {
		r = put(session, bytes + total, size - total, total ? NULL : err);
		last = r > 0 ? r : last;
		total += r > 0 ? (size_t)r : 0;
	}
	if (total == 0)
		return r;
	r = skt_tls_transport_flush(&session->transport);
	if (r == 0)
		return (ssize_t)total;
	if (r != -EAGAIN)
		return skt_tls_explain(&session->trouble, err);
	session->given = (size_t)last;
	total -= session->given;
	return total ? (ssize_t)total : -EAGAIN;
}

ssize_t skt_tls_session_write(
	struct skt_tls_session *session, const void *bytes, size_t size, struct skt_err *err)
{
	size_t given = SKT_MIN(session->given, size);
	int r;

	if (size == 0)
		return 0;
	session->write_wants = SKT_TLS_WANTS_WRITE;
	r = skt_tls_transport_flush(&session->transport);
	if (r)
		return r == -EAGAIN ? r : skt_tls_explain(&session->trouble, err);
	if (given) {
		session->given -= given;
		return (ssize_t)given;
	}
	if (size > SKT_TLS_RECORD_TEXT && skt_tls_transport_gather(&session->transport) == 0)
		return put_gathered(session, bytes, size, err);
	return put(session, bytes, size, err);
}

int skt_tls_session_finish(struct skt_tls_session *session)
{
	int r = skt_tls_transport_flush(&session->transport);

	ERR_clear_error();
	session->write_wants = SKT_TLS_WANTS_WRITE;
	if (r)
		return r;
	if (SSL_get_shutdown(session->ssl) & SSL_SENT_SHUTDOWN)
		return 0;
	r = SSL_shutdown(session->ssl);
	if (r < 0)
		r = outcome(session, r, &session->write_wants, NULL);
	return SKT_MIN(r, 0);
}

bool skt_tls_session_pending(const struct skt_tls_session *session)
{
	/* OpenSSL 3.6 has the alert that ended the session pending for ever. */
	const bool over = SSL_get_shutdown(session->ssl) & SSL_RECEIVED_SHUTDOWN;

	return session->untold ||
		(!over && !session->transport.starved && SSL_has_pending(session->ssl));
}

bool skt_tls_session_in_record(const struct skt_tls_session *session)
{
	return skt_tls_transport_in_record(&session->transport);
}

size_t skt_tls_session_held(const struct skt_tls_session *session)
{
	return skt_tls_transport_held(&session->transport);
}

enum skt_tls_end skt_tls_session_end(const struct skt_tls_session *session)
{
	return session->end;
}

/* ---- what it came to ---- */

void skt_tls_session_state(const struct skt_tls_session *session, struct skt_tls_state *ret)
{
	SSL *ssl = session->ssl;
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	int group = cipher ? (int)SSL_get_negotiated_group(ssl) : NID_undef;
	const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const unsigned char *alpn;
	unsigned int len;

	SSL_get0_alpn_selected(ssl, &alpn, &len);
	*ret = (struct skt_tls_state){
		.version = cipher ? SSL_get_version(ssl) : NULL,
		.cipher = cipher ? SSL_CIPHER_standard_name(cipher) : NULL,
		.group = group != NID_undef ? SSL_group_to_name(ssl, group) : NULL,
		.chain = chain ? (size_t)sk_X509_num(chain) : 0,
		.resumed = SSL_session_reused(ssl) == 1,
	};
	/* The peer's own is not in the chain of a client. */
	if (session->trouble.server && SSL_get0_peer_certificate(ssl))
		ret->chain++;
	(void)skt_tls_text_escape(alpn, len, ret->alpn, sizeof(ret->alpn));
	if (name && session->trouble.server)
		(void)skt_tls_text_escape(
			name, strlen(name), ret->server_name, sizeof(ret->server_name));
	ERR_clear_error();
}

const struct skt_tls_verdict *skt_tls_session_verdict(const struct skt_tls_session *session)
{
	return &session->judge.verdict;
}

int skt_tls_session_certificate(const struct skt_tls_session *session, size_t index,
	struct skt_arena *arena, struct skt_tls_certificate *ret)
{
	const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session->ssl);
	X509 *x509;
	int r;

	if (index == 0 || session->trouble.server)
		x509 = index ? sk_X509_value(chain, (int)index - 1)
			     : SSL_get0_peer_certificate(session->ssl);
	else
		x509 = sk_X509_value(chain, (int)index);
	r = x509 ? skt_tls_certificate_read(x509, arena, ret) : -ENOENT;
	ERR_clear_error();
	return r;
}

int skt_tls_session_first_to_expire(const struct skt_tls_session *session, struct skt_arena *arena,
	struct skt_tls_certificate *ret)
{
	const STACK_OF(X509) *chain = SSL_get0_verified_chain(session->ssl);
	X509 *first = sk_X509_value(chain, 0);
	int r;

	for (int i = 1; i < sk_X509_num(chain); i++)
		if (ASN1_TIME_compare(X509_get0_notAfter(sk_X509_value(chain, i)),
			    X509_get0_notAfter(first)) < 0)
			first = sk_X509_value(chain, i);
	r = first ? skt_tls_certificate_read(first, arena, ret) : -ENOENT;
	ERR_clear_error();
	return r;
}
