#include "net/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include "net/socket.h"

static void ask_place(
	int fd, int (*ask)(int fd, struct sockaddr *sa, socklen_t *len), struct skt_place *ret)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	if (ret->addr.family != AF_UNSPEC || ask(fd, (struct sockaddr *)&sa, &len))
		return;
	(void)skt_addr_from_sockaddr((struct sockaddr *)&sa, &ret->addr, &ret->port);
	skt_addr_unmap(&ret->addr);
}

void skt_connection_init(struct skt_connection *connection, int fd, const struct skt_place *peer)
{
	*connection = (struct skt_connection){.fd = fd};
	if (peer)
		connection->peer = *peer;
}

void skt_connection_ask(struct skt_connection *connection)
{
	if (connection->told)
		return;
	ask_place(connection->fd, getpeername, &connection->peer);
	ask_place(connection->fd, getsockname, &connection->local);
}

int skt_connection_open(struct skt_connection *connection, struct skt_loop *loop)
{
	return connection->stream.ops ? 0
				      : skt_stream_open(&connection->stream, loop, connection->fd);
}

void skt_connection_rest(struct skt_connection *connection)
{
	if (connection->stream.ops)
		skt_stream_close(&connection->stream);
	connection->stream.ops = NULL;
}

void skt_connection_close(struct skt_connection *connection)
{
	struct skt_stream *stream = &connection->stream;

	/* A layer has an end of its own, and may have it once only. */
	if (stream->ops && stream->layer && !stream->error)
		(void)stream->ops->finish(stream);
	skt_connection_rest(connection);
	if (connection->fd >= 0)
		(void)close(connection->fd);
	connection->fd = -1;
}

void skt_connection_abort(struct skt_connection *connection)
{
	skt_connection_rest(connection);
	if (connection->fd >= 0)
		skt_socket_abort(connection->fd);
	connection->fd = -1;
}
