#include "net/pump_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void close_pipe(const struct skt_pump_pipe *pipe)
{
	(void)close(pipe->fd[0]);
	(void)close(pipe->fd[1]);
}

static int open_pipe(struct skt_pump_pipe *ret)
{
	struct skt_pump_pipe pipe;
	int size;

	if (pipe2(pipe.fd, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	size = fcntl(pipe.fd[1], F_SETPIPE_SZ, SKT_PUMP_PIPE_SIZE);
	if (size < 0)
		size = fcntl(pipe.fd[1], F_SETPIPE_SZ, SKT_PUMP_PIPE_SIZE / 4);
	if (size < 0) {
		close_pipe(&pipe);
		return -EPERM;
	}
	pipe.size = (size_t)size;
	*ret = pipe;
	return 0;
}

int skt_pump_pool_borrow(struct skt_pump_pool *pool, struct skt_pump_pipe *ret)
{
	int r = 0;

	if (pool->pipe_count)
		*ret = pool->pipes[--pool->pipe_count];
	else
		r = pool->lent < SKT_PUMP_PIPES_MAX ? open_pipe(ret) : -EBUSY;
	pool->lent += r == 0;
	return r;
}

void skt_pump_pool_give_back(struct skt_pump_pool *pool, struct skt_pump_pipe *pipe, bool empty)
{
	pool->lent--;
	if (empty && pool->pipe_count < SKT_PUMP_PIPES)
		pool->pipes[pool->pipe_count++] = *pipe;
	else
		close_pipe(pipe);
}

void skt_pump_pool_hold(struct skt_pump_pool *pool, struct skt_pump *pump)
{
	if (!pool->holders)
		pool->holders_tail = &pool->holders;
	pump->has_pipe = true;
	pump->held_ns = skt_loop_now(pump->loop);
	pump->holder_next = NULL;
	pump->holder_link = pool->holders_tail;
	*pool->holders_tail = pump;
	pool->holders_tail = &pump->holder_next;
}

void skt_pump_pool_unhold(struct skt_pump_pool *pool, struct skt_pump *pump)
{
	*pump->holder_link = pump->holder_next;
	if (pump->holder_next)
		pump->holder_next->holder_link = pump->holder_link;
	else
		pool->holders_tail = pump->holder_link;
	pump->has_pipe = false;
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
	while (pool->pipe_count)
		close_pipe(&pool->pipes[--pool->pipe_count]);
	free(pool->scratch);
	free(pool->changed);
	pool->scratch = pool->changed = NULL;
	pool->changed_size = 0;
}
