#include "cmd/listing/holder.h"

#define HOLDER(field, text, ...) SKT_COLUMN(struct skt_holder, field, .help = (text), __VA_ARGS__)

const struct skt_column skt_holder_columns[] = {
	HOLDER(pid, "process id"),
	HOLDER(name, "name of the program"),
	HOLDER(comm, "what the process calls itself (prctl(2))"),
	HOLDER(fd, "descriptor", .present = SKT_PRESENT(SKT_HOLDER_FD)),
	SKT_COLUMN_END,
};

#define THREAD(field, text) SKT_COLUMN(struct skt_thread, field, .help = (text))

const struct skt_column skt_thread_columns[] = {
	THREAD(tid, "thread id"),
	THREAD(name, "name of the thread"),
	SKT_COLUMN_END,
};

void skt_holder_text(struct skt_str *out, const void *holder)
{
	const struct skt_holder *h = holder;
	char *p;

	/* By hand: with owners, every row has one of these. */
	skt_str_add_text(out, h->name);
	p = skt_str_room(out, 2 * SKT_PUT_U64_MAX + 3);
	if (!p)
		return;
	*p++ = '[';
	p = skt_put_u64(p, h->pid);
	*p++ = ']';
	if (h->present >> SKT_HOLDER_FD & 1) {
		*p++ = ':';
		p = skt_put_u64(p, h->fd);
	}
	skt_str_commit(out, p);
}

void skt_holder_brief(struct skt_str *out, const void *holder)
{
	const struct skt_holder *h = holder;

	skt_str_add_text(out, h->name);
	skt_str_add_format(out, "[%u]", h->pid);
}

void skt_thread_text(struct skt_str *out, const void *thread)
{
	const struct skt_thread *t = thread;

	skt_str_add_format(out, "%s[%u]", t->name, t->tid);
}
