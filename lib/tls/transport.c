#include "tls/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

static int result(struct skt_tls_transport *transport, BIO *bio, ssize_t n, int retry)
{
	if (n == -EAGAIN)
		BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
	else if (n < 0)
		transport->trouble->carrier_error = (int)n;
	return n < 0 ? -1 : (int)n;
}

static void follow_records(struct skt_tls_transport *transport, const uint8_t *bytes, size_t len)
{
	while (len) {
		size_t part = SKT_MIN(len, transport->body_left);

		if (part == 0) {
			transport->head[transport->head_len++] = *bytes;
			part = 1;
			if (transport->head_len == SKT_TLS_RECORD_HEAD) {
				transport->body_left =
					(size_t)transport->head[3] << 8 | transport->head[4];
				transport->head_len = 0;
			}
		} else {
			transport->body_left -= part;
		}
		bytes += part;
		len -= part;
	}
}

static ssize_t read_carrier(struct skt_tls_transport *transport, char *bytes, size_t size)
{
	ssize_t n = transport->waiting;

	if (!transport->waits)
		n = transport->carrier->read(transport->carrier, bytes, size);
	transport->waits = transport->ahead && n <= 0 && n != -EAGAIN;
	transport->waiting = n;
	return transport->waits ? -EAGAIN : n;
}

static int carrier_read(BIO *bio, char *bytes, int size)
{
	struct skt_tls_transport *transport = BIO_get_data(bio);
	struct skt_tls_trouble *trouble = transport->trouble;
	ssize_t n = read_carrier(transport, bytes, (size_t)size);
	size_t room = sizeof(trouble->first) - trouble->first_len;

	BIO_clear_retry_flags(bio);
	if (n > 0) {
		transport->starved = false;
		room = SKT_MIN(room, (size_t)n);
		memcpy(trouble->first + trouble->first_len, bytes, room);
		trouble->first_len += room;
		follow_records(transport, (const uint8_t *)bytes, (size_t)n);
	}
	trouble->ended |= n == 0;
	return result(transport, bio, n, BIO_FLAGS_READ);
}

void skt_tls_transport_see(struct skt_tls_transport *transport)
{
	struct skt_tls_trouble *trouble = transport->trouble;
	const size_t room = sizeof(trouble->first) - trouble->first_len;
	ssize_t n;

	if (room == 0 || transport->waits)
		return;
	n = transport->carrier->read(transport->carrier, trouble->first + trouble->first_len, room);
	if (n > 0)
		trouble->first_len += (size_t)n;
}

static int carrier_write(BIO *bio, const char *bytes, int size)
{
	struct skt_tls_transport *transport = BIO_get_data(bio);
	size_t room = SKT_TLS_GATHERED * SKT_TLS_RECORD_MAX - transport->to;
	ssize_t n;

	BIO_clear_retry_flags(bio);
	if (transport->gathers && (size_t)size <= room) {
		memcpy(transport->gathered + transport->to, bytes, (size_t)size);
		transport->to += (size_t)size;
		return size;
	}
	n = skt_tls_transport_flush(transport);
	if (n == 0)
		n = transport->carrier->write(transport->carrier, bytes, (size_t)size);
	return result(transport, bio, n, BIO_FLAGS_WRITE);
}

static long carrier_control(BIO *bio, int command, long number, void *arg)
{
	const struct skt_tls_transport *transport = BIO_get_data(bio);

	(void)number, (void)arg;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return transport->trouble->ended;
	}
	return 0;
}

void skt_tls_transport_init(BIO_METHOD *method)
{
	(void)BIO_meth_set_read(method, carrier_read);
	(void)BIO_meth_set_write(method, carrier_write);
	(void)BIO_meth_set_ctrl(method, carrier_control);
}

int skt_tls_transport_attach(struct skt_tls_transport *transport, BIO_METHOD *method, SSL *ssl)
{
	BIO *bio = BIO_new(method);

	if (!bio)
		return -ENOMEM;
	BIO_set_data(bio, transport);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	return 0;
}

int skt_tls_transport_gather(struct skt_tls_transport *transport)
{
	if (!transport->gathered)
		transport->gathered = malloc(SKT_TLS_GATHERED * SKT_TLS_RECORD_MAX);
	transport->gathers = transport->gathered != NULL;
	return transport->gathers ? 0 : -ENOMEM;
}

int skt_tls_transport_flush(struct skt_tls_transport *transport)
{
	transport->gathers = false;
	while (transport->from < transport->to) {
		ssize_t n = transport->carrier->write(transport->carrier,
			transport->gathered + transport->from, transport->to - transport->from);

		if (n < 0) {
			if (n != -EAGAIN)
				transport->trouble->carrier_error = (int)n;
			return (int)n;
		}
		transport->from += (size_t)n;
	}
	/* Nobody pays for the memory of a session that says nothing. */
	free(transport->gathered);
	transport->gathered = NULL;
	transport->from = transport->to = 0;
	return 0;
}

void skt_tls_transport_fini(struct skt_tls_transport *transport)
{
	free(transport->gathered);
}
