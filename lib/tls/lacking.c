/* In the place of what uses OpenSSL, where that is not here or TLS=0. */
#include <errno.h>

#include "tls/context.h"
#include "tls/session.h"

const char *skt_tls_lacks(void)
{
	return "this sockkit was built without TLS: OpenSSL 3 (libssl-dev) was not there";
}

int skt_tls_context_new(const struct skt_tls_options *options SKT_UNUSED,
	struct skt_tls_context **ret SKT_UNUSED, struct skt_err *err)
{
	return skt_fail_domain(
		err, EOPNOTSUPP, SKT_ERR_TLS, SKT_TLS_LACKING, NULL, "%s", skt_tls_lacks());
}

int skt_tls_context_certificate(const struct skt_tls_context *context SKT_UNUSED,
	size_t index SKT_UNUSED, struct skt_arena *arena SKT_UNUSED,
	struct skt_tls_certificate *ret SKT_UNUSED)
{
	return -ENOENT;
}

int skt_tls_context_keylog_error(const struct skt_tls_context *context)
{
	SKT_ASSERT(!context);
	return 0;
}

void skt_tls_context_free(struct skt_tls_context *context)
{
	SKT_ASSERT(!context);
}

/* Without a context there is no session: nothing below is ever called. */

int skt_tls_session_new(struct skt_tls_context *context SKT_UNUSED,
	const struct skt_tls_session_options *options SKT_UNUSED,
	struct skt_tls_session **ret SKT_UNUSED, struct skt_err *err)
{
	return skt_tls_context_new(NULL, NULL, err);
}

void skt_tls_session_free(struct skt_tls_session *session)
{
	SKT_ASSERT(!session);
}

int skt_tls_session_handshake(struct skt_tls_session *session SKT_UNUSED, struct skt_err *err)
{
	return skt_tls_context_new(NULL, NULL, err);
}

unsigned int skt_tls_session_wants(const struct skt_tls_session *session SKT_UNUSED)
{
	return 0;
}

unsigned int skt_tls_session_read_wants(const struct skt_tls_session *session SKT_UNUSED)
{
	return 0;
}

unsigned int skt_tls_session_write_wants(const struct skt_tls_session *session SKT_UNUSED)
{
	return 0;
}

ssize_t skt_tls_session_read(struct skt_tls_session *session SKT_UNUSED, void *bytes SKT_UNUSED,
	size_t size SKT_UNUSED, struct skt_err *err)
{
	return skt_tls_context_new(NULL, NULL, err);
}

ssize_t skt_tls_session_peek(struct skt_tls_session *session SKT_UNUSED, void *bytes SKT_UNUSED,
	size_t size SKT_UNUSED, struct skt_err *err)
{
	return skt_tls_context_new(NULL, NULL, err);
}

ssize_t skt_tls_session_write(struct skt_tls_session *session SKT_UNUSED,
	const void *bytes SKT_UNUSED, size_t size SKT_UNUSED, struct skt_err *err)
{
	return skt_tls_context_new(NULL, NULL, err);
}

int skt_tls_session_finish(struct skt_tls_session *session SKT_UNUSED)
{
	return -EOPNOTSUPP;
}

bool skt_tls_session_pending(const struct skt_tls_session *session SKT_UNUSED)
{
	return false;
}

size_t skt_tls_session_held(const struct skt_tls_session *session SKT_UNUSED)
{
	return 0;
}

bool skt_tls_session_in_record(const struct skt_tls_session *session SKT_UNUSED)
{
	return false;
}

enum skt_tls_end skt_tls_session_end(const struct skt_tls_session *session SKT_UNUSED)
{
	return SKT_TLS_TORN;
}

void skt_tls_session_state(
	const struct skt_tls_session *session SKT_UNUSED, struct skt_tls_state *ret)
{
	*ret = (struct skt_tls_state){0};
}

const struct skt_tls_verdict *skt_tls_session_verdict(
	const struct skt_tls_session *session SKT_UNUSED)
{
	static const struct skt_tls_verdict none = {.reason = SKT_TLS_NO_CERTIFICATE};

	return &none;
}

int skt_tls_session_certificate(const struct skt_tls_session *session SKT_UNUSED,
	size_t index SKT_UNUSED, struct skt_arena *arena SKT_UNUSED,
	struct skt_tls_certificate *ret SKT_UNUSED)
{
	return -ENOENT;
}

int skt_tls_session_first_to_expire(const struct skt_tls_session *session SKT_UNUSED,
	struct skt_arena *arena SKT_UNUSED, struct skt_tls_certificate *ret SKT_UNUSED)
{
	return -ENOENT;
}

int skt_tls_certificate_parse(const void *der SKT_UNUSED, size_t len SKT_UNUSED,
	struct skt_arena *arena SKT_UNUSED, struct skt_tls_certificate *ret SKT_UNUSED)
{
	return -EOPNOTSUPP;
}
