#include "net/proxy_step.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/macros.h"

/* ---- receiving ---- */

static void take_over(struct skt_connection *connection, const struct skt_proxy_header *header)
{
	if (header->family == SKT_PROXY_UNKNOWN)
		return;
	connection->peer = header->source;
	connection->local = header->destination;
	connection->told = true;
}

static int receive_ready(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_proxy_receive *receive = SKT_CONTAINER(step, struct skt_proxy_receive, step);
	struct skt_connection *connection = opening->connection;
	ssize_t n = skt_header_take(&receive->taken, &connection->stream, skt_proxy_measure);
	int r;

	if (n == -EAGAIN)
		return -EAGAIN;
	if (n == -EPROTO)
		return skt_fail_text(
			&opening->err, EPROTO, "%s: something else came", step->ops->name);
	if (n < 0)
		return skt_opening_fail(opening, (int)n);
	r = skt_proxy_parse(receive->bytes, (size_t)n, &receive->header, &opening->err);
	if (r)
		skt_err_prefix(&opening->err, "%s", step->ops->name);
	else
		take_over(connection, &receive->header);
	return r;
}

static int receive_start(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_proxy_receive *receive = SKT_CONTAINER(step, struct skt_proxy_receive, step);

	receive->taken =
		(struct skt_header){.bytes = receive->bytes, .size = sizeof(receive->bytes)};
	return receive_ready(step, opening);
}

const struct skt_opening_ops skt_proxy_receive_ops = {
	.name = "PROXY header",
	.start = receive_start,
	.ready = receive_ready,
};

/* ---- sending ---- */

static int send_ready(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_proxy_send *send = SKT_CONTAINER(step, struct skt_proxy_send, step);
	int r = skt_header_give(&send->left, &opening->connection->stream);

	return r == 0 || r == -EAGAIN ? r : skt_opening_fail(opening, r);
}

static int send_start(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_proxy_send *send = SKT_CONTAINER(step, struct skt_proxy_send, step);

	send->left = (struct skt_header){
		.bytes = send->bytes, .len = skt_proxy_write(&send->header, send->bytes)};
	return send_ready(step, opening);
}

const struct skt_opening_ops skt_proxy_send_ops = {
	.name = "PROXY header",
	.start = send_start,
	.ready = send_ready,
};

/* The path of a unix socket's end, "" for one without; whether it is of a unix socket at all. */
static bool ask_path(int fd, int (*ask)(int fd, struct sockaddr *sa, socklen_t *len),
	char ret[SKT_PROXY_PATH_MAX + 1])
{
	union {
		struct sockaddr_storage any;
		struct sockaddr_un un;
	} sa = {0};
	socklen_t len = sizeof(sa);

	if (ask(fd, (struct sockaddr *)&sa, &len) || sa.any.ss_family != AF_UNIX)
		return false;
	memcpy(ret, sa.un.sun_path, SKT_PROXY_PATH_MAX);
	return true;
}

struct skt_proxy_header skt_proxy_header_of(
	const struct skt_connection *connection, int version, bool reversed)
{
	struct skt_connection known = *connection;
	struct skt_proxy_header header = {.version = version};
	char *paths[] = {header.source_path, header.destination_path};

	skt_connection_ask(&known);
	header.source = reversed ? known.local : known.peer;
	header.destination = reversed ? known.peer : known.local;
	if (known.peer.addr.family != AF_UNSPEC && known.local.addr.family != AF_UNSPEC)
		header.family = SKT_PROXY_INET;
	else if (!known.told && ask_path(known.fd, getpeername, paths[reversed]) &&
		ask_path(known.fd, getsockname, paths[!reversed]))
		header.family = SKT_PROXY_UNIX;
	return header;
}
