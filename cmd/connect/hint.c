#include "cmd/connect/hint.h"

#include <errno.h>
#include <sys/stat.h>

bool connect_is_no_socket(const struct skt_endpoint *endpoint, int r)
{
	struct stat st;

	return r == -ECONNREFUSED && endpoint->kind == SKT_ENDPOINT_UNIX && !endpoint->abstract &&
		stat(endpoint->path, &st) == 0 && !S_ISSOCK(st.st_mode);
}

const char *connect_hint(const struct skt_endpoint *endpoint, int r)
{
	if (endpoint->kind != SKT_ENDPOINT_UNIX)
		return "";
	if (r == -EPROTOTYPE)
		return ": it takes datagrams; see sockkit udpsend";
	if (r != -ECONNREFUSED || endpoint->abstract)
		return "";
	return connect_is_no_socket(endpoint, r) ? ": it is no socket"
						 : ": nobody listens there any more";
}
