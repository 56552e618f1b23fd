#include "net/pump_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool skt_pump_pool_borrow(struct skt_pump_pool *pool, struct skt_pump_pipe *ret)
{
	int size;

	if (pool->pipe_count) {
		*ret = pool->pipes[--pool->pipe_count];
		return true;
	}
	if (pipe2(ret->fd, O_CLOEXEC | O_NONBLOCK))
		return false;
	/* EPERM: the user's share of memory for pipes is used up (pipe(7)); smaller will do. */
	size = fcntl(ret->fd[1], F_SETPIPE_SZ, SKT_PUMP_PIPE_SIZE);
	if (size < 0)
		size = fcntl(ret->fd[1], F_SETPIPE_SZ, SKT_PUMP_PIPE_SIZE / 4);
	if (size < 0)
		size = fcntl(ret->fd[1], F_GETPIPE_SZ);
	ret->size = size > 0 ? (size_t)size : 4096;
	return true;
}

void skt_pump_pool_give_back(struct skt_pump_pool *pool, struct skt_pump_pipe *pipe, bool empty)
{
	if (empty && pool->pipe_count < SKT_PUMP_PIPES) {
		pool->pipes[pool->pipe_count++] = *pipe;
		return;
	}
	(void)close(pipe->fd[0]);
	(void)close(pipe->fd[1]);
}

char *skt_pump_pool_scratch(struct skt_pump_pool *pool)
{
	if (!pool->scratch)
		pool->scratch = malloc(SKT_PUMP_CHUNK);
	return pool->scratch;
}

char *skt_pump_pool_changed(struct skt_pump_pool *pool, size_t size)
{
	if (pool->changed_size < size) {
		char *room = realloc(pool->changed, size);

		if (!room)
			return NULL;
		pool->changed = room;
		pool->changed_size = size;
	}
	return pool->changed;
}

void skt_pump_pool_fini(struct skt_pump_pool *pool)
{
	while (pool->pipe_count) {
		struct skt_pump_pipe *pipe = &pool->pipes[--pool->pipe_count];

		(void)close(pipe->fd[0]);
		(void)close(pipe->fd[1]);
	}
	free(pool->scratch);
	free(pool->changed);
	pool->scratch = pool->changed = NULL;
	pool->changed_size = 0;
}
