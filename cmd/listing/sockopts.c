#include "cmd/listing/sockopts.h"

#include <errno.h>

#include "proc/borrow.h"

static void count_failure(struct skt_sockopt_reader *reader, int rc)
{
	switch (-rc) {
	case EPERM:
	case EACCES:
		reader->denied++;
		break;
	case ENOSYS:
		reader->unknown = true;
		break;
	case ESRCH:
	case EBADF:
	case ESTALE:
		break; /* gone meanwhile */
	default:
		reader->lost++;
	}
}

int skt_sockopt_reader_join(
	struct skt_sockopt_reader *reader, struct skt_arena *kept, struct skt_socket_row *row)
{
	const struct skt_holder *holders = row->processes.items;
	struct skt_sockopts *opts = &reader->last;
	int rc = -ESRCH;

	if (!reader->borrower && skt_borrower_new(&reader->borrower))
		return -ENOMEM;
	for (size_t i = 0; rc && i < row->processes.count; i++)
		rc = skt_borrow(reader->borrower, holders[i].pid, holders[i].fd, row->s.inode,
			skt_sockopts_read, opts, sizeof(*opts));
	if (rc) {
		count_failure(reader, rc);
		return 0;
	}
	if (kept) {
		opts = skt_arena_alloc(kept, sizeof(*opts));
		if (!opts)
			return -ENOMEM;
		*opts = reader->last;
	}
	row->sockopts = opts;
	return 0;
}

void skt_sockopt_reader_report(
	const struct skt_sockopt_reader *reader, const struct skt_context *ctx)
{
	if (reader->unknown)
		skt_warn(ctx,
			"cannot read what is set on sockets: Linux 5.6 or newer is needed "
			"(pidfd_getfd), and permission for it");
	if (reader->denied)
		skt_warn(ctx,
			"sockets whose processes do not let us read what is set on them: %zu: run "
			"as root or with CAP_SYS_PTRACE",
			reader->denied);
	if (reader->lost)
		skt_warn(ctx, "sockets of which what is set did not come in time: %zu",
			reader->lost);
}

void skt_sockopt_reader_fini(struct skt_sockopt_reader *reader)
{
	skt_borrower_free(reader->borrower);
	reader->borrower = NULL;
}
