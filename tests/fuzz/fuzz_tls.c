/* What a server may say to a client's handshake: any bytes end it, or are not enough. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "tls/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct server {
	struct skt_tls_carrier carrier;
	const uint8_t *bytes;
	size_t len;
};

static ssize_t server_read(struct skt_tls_carrier *carrier, void *bytes, size_t size)
{
	struct server *server = SKT_CONTAINER(carrier, struct server, carrier);
	size_t n = SKT_MIN(size, server->len);

	if (n)
		memcpy(bytes, server->bytes, n);
	server->bytes += n;
	server->len -= n;
	return (ssize_t)n;
}

static ssize_t server_write(struct skt_tls_carrier *carrier, const void *bytes, size_t size)
{
	(void)carrier, (void)bytes;
	return (ssize_t)size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A directory: no authorities are read for each run. */
	const struct skt_tls_options options = {.lax = true, .ca = "/"};
	struct server server = {.carrier = {server_read, server_write}, .bytes = data, .len = size};
	struct skt_tls_session_options how = {.carrier = &server.carrier, .report = true};
	struct skt_tls_context *context;
	struct skt_tls_session *session;
	struct skt_tls_state state;
	struct skt_err err = {0};

	if (skt_tls_lacks())
		return 0;
	if (skt_tls_context_new(&options, &context, NULL) ||
		skt_tls_session_new(context, &how, &session, NULL))
		abort();
	/* Nobody can have the secrets of a key that was made up just now. */
	if (skt_tls_session_handshake(session, &err) >= 0 || err.text[0] == '\0')
		abort();
	for (const char *p = err.text; *p; p++)
		if (*p < ' ' || *p > '~')
			abort();
	skt_tls_session_state(session, &state);
	skt_tls_session_free(session);
	skt_tls_context_free(context);
	return 0;
}
