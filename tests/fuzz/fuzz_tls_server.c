/*
 * What a client may say to a server of TLS: any bytes, cut into reads by the first one, end the
 * handshake with words, or are not enough; whom it asks for (SNI) can be printed.
 */
#include <errno.h>

#include "base/macros.h"
#include "tests/fuzz/fuzz.h"
#include "tls/session.h"

struct client {
	struct skt_tls_carrier carrier;
	struct fuzz_input input;
	size_t most; /* bytes of a read */
	bool waited; /* nothing was there, once, before the end */
};

static ssize_t client_read(struct skt_tls_carrier *carrier, void *bytes, size_t size)
{
	struct client *client = SKT_CONTAINER(carrier, struct client, carrier);
	size_t n = SKT_MIN(SKT_MIN(size, client->most), client->input.size);

	if (!n && !client->waited) {
		client->waited = true;
		return -EAGAIN;
	}
	fuzz_take(&client->input, bytes, n);
	return (ssize_t)n;
}

static ssize_t client_write(struct skt_tls_carrier *carrier, const void *bytes, size_t size)
{
	(void)carrier, (void)bytes;
	return (ssize_t)size;
}

/* One for all runs: making a key takes longer than what is tried with it. */
static struct skt_tls_context *context_of_server(void)
{
	static const char *const names[] = {"a.example", "127.0.0.1"};
	static const struct skt_tls_options options = {.server = true,
		.temporary = names,
		.temporary_count = 2,
		.alpn = "h2,http/1.1",
		.tickets = true};
	static struct skt_tls_context *context;

	if (!context && skt_tls_context_new(&options, &context, NULL))
		abort();
	return context;
}

static void check_text(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client client = {.carrier = {client_read, client_write}, .input = {data, size}};
	struct skt_tls_session_options how = {.carrier = &client.carrier};
	struct skt_tls_session *session;
	struct skt_tls_state state;
	struct skt_err err = {0};
	int rc;

	if (skt_tls_lacks())
		return 0;
	client.most = fuzz_byte(&client.input) + 1u;
	if (skt_tls_session_new(context_of_server(), &how, &session, NULL))
		abort();
	rc = skt_tls_session_handshake(session, &err);
	if (rc == -EAGAIN)
		rc = skt_tls_session_handshake(session, &err);
	/* Nobody can have the secrets of a key that was made up just now. */
	if (rc >= 0 || err.text[0] == '\0')
		abort();
	check_text(err.text);
	skt_tls_session_state(session, &state);
	check_text(state.server_name);
	check_text(state.alpn);
	skt_tls_session_free(session);
	return 0;
}
