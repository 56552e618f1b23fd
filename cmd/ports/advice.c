#include "cmd/ports/advice.h"

#include "cmd/ports/stop.h"

/* To remove the device takes its socket with it. */
static void add_device(struct skt_str *out, const char *name)
{
	if (name && ports_stop_word(out, " (ip link delete ", name))
		skt_str_add_char(out, ')');
}

static void add_end(struct skt_str *out, const struct skt_keeper *keeper, const char *why)
{
	const struct skt_holder *holder = &keeper->holder;

	skt_str_add_format(
		out, "end %s[%u], %s (kill %u)", holder->name, holder->pid, why, holder->pid);
}

bool ports_keeper_advice(struct skt_str *out, const struct skt_keeper *keeper)
{
	switch ((enum skt_keeper_kind)keeper->kind) {
	case SKT_KEEPER_IO_URING:
		add_end(out, keeper, "whose io_uring has it");
		return true;
	case SKT_KEEPER_KERNEL:
		skt_str_add_format(out, "no process has it but the kernel itself, for device %s",
			keeper->name ? keeper->name : "?");
		add_device(out, keeper->name);
		return true;
	case SKT_KEEPER_MAYBE_KERNEL:
		skt_str_add_text(out, "no process has it; maybe the kernel itself, for device ");
		skt_str_add_text(out, keeper->name ? keeper->name : "?");
		add_device(out, keeper->name);
		return true;
	case SKT_KEEPER_MAYBE_IN_FLIGHT:
		skt_str_add_text(out, "no process is seen to have it; maybe ");
		/* fall through */
	case SKT_KEEPER_IN_FLIGHT:
		if (keeper->has_holder)
			add_end(out, keeper, "who has a message unread that holds it");
		else
			skt_str_add_text(out,
				"end who has the message unread that holds it "
				"(sockkit sockets -x 'recv_queue > 0')");
		return true;
	case SKT_KEEPER_UNSEEN:
		skt_str_add_text(out,
			"no process has it: the kernel does for a service of its own (NFS, "
			"L2TP), or it was closed meanwhile");
		return true;
	case SKT_KEEPER_NONE:
	case SKT_KEEPER_TIME_WAIT:
	case SKT_KEEPER_ORPHANED:
	case SKT_KEEPER_NOT_ACCEPTED:
	case SKT_KEEPER_HIDDEN:
		break;
	}
	return false;
}
