#include "tls/carrier.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/macros.h"

static ssize_t read_socket(struct skt_tls_carrier *carrier, void *bytes, size_t size)
{
	const struct skt_tls_socket *socket =
		SKT_CONTAINER(carrier, struct skt_tls_socket, carrier);
	ssize_t n;

	do
		n = recv(socket->fd, bytes, size, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t write_socket(struct skt_tls_carrier *carrier, const void *bytes, size_t size)
{
	const struct skt_tls_socket *socket =
		SKT_CONTAINER(carrier, struct skt_tls_socket, carrier);
	ssize_t n;

	do
		n = send(socket->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

void skt_tls_socket_init(struct skt_tls_socket *socket, int fd)
{
	*socket = (struct skt_tls_socket){
		.carrier = {.read = read_socket, .write = write_socket},
		.fd = fd,
	};
}
