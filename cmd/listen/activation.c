#include "cmd/listen/activation.h"

#include <limits.h>
#include <unistd.h>

#include "base/num.h"
#include "cmd/listen/run.h"

enum { FIRST_FD = 3, COUNT_MAX = 4096 };

size_t listen_activation_count(const struct skt_context *ctx)
{
	uint64_t pid, count;

	if (!ctx->listen_pid || !ctx->listen_fds ||
		skt_num_parse(ctx->listen_pid, 1, INT_MAX, &pid) ||
		skt_num_parse(ctx->listen_fds, 1, COUNT_MAX, &count) || (pid_t)pid != getpid())
		return 0;
	return (size_t)count;
}

int listen_activation_adopt(struct listen_run *run, size_t count, struct skt_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = skt_server_adopt(&run->server, FIRST_FD + (int)i, err);
	if (r)
		skt_err_prefix(err, "LISTEN_FDS");
	return r;
}
