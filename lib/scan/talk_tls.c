#include "scan/talk_tls.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "tls/name.h"

int skt_talk_tls_new(struct skt_tls_context *context, int fd, const struct skt_addr *addr,
	const char *name, struct skt_talk_tls **ret)
{
	struct skt_talk_tls *tls = calloc(1, sizeof(*tls));
	char ascii[SKT_TLS_NAME_MAX];
	struct skt_tls_session_options options = {.expected = {.address = addr}, .report = true};
	struct skt_err err;
	int rc;

	if (!tls)
		return -ENOMEM;
	if (name && !skt_tls_name_parse(name, ascii)) {
		options.server_name = ascii;
		options.expected = (struct skt_tls_expected){.name = ascii};
	}
	skt_tls_socket_init(&tls->socket, fd);
	options.carrier = &tls->socket.carrier;
	rc = skt_tls_session_new(context, &options, &tls->session, &err);
	if (rc) {
		free(tls);
		return rc;
	}
	*ret = tls;
	return 0;
}

int skt_talk_tls_shake(struct skt_talk_tls *tls)
{
	struct skt_err err;
	int rc = skt_tls_session_handshake(tls->session, &err);

	tls->is_up = rc == 0;
	return rc;
}

short skt_talk_tls_events(const struct skt_talk_tls *tls)
{
	unsigned int wants = tls->is_up ? skt_tls_session_read_wants(tls->session)
					: skt_tls_session_wants(tls->session);

	return (short)((wants & SKT_TLS_WANTS_WRITE ? POLLOUT : 0) |
		(wants & SKT_TLS_WANTS_READ || !wants ? POLLIN : 0));
}

ssize_t skt_talk_tls_read(struct skt_talk_tls *tls, void *bytes, size_t size)
{
	return skt_tls_session_read(tls->session, bytes, size, NULL);
}

ssize_t skt_talk_tls_write(struct skt_talk_tls *tls, const void *bytes, size_t size)
{
	return skt_tls_session_write(tls->session, bytes, size, NULL);
}

void skt_talk_tls_free(struct skt_talk_tls *tls)
{
	if (!tls)
		return;
	skt_tls_session_free(tls->session);
	free(tls);
}
