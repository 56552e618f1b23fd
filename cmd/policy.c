#include "cmd/policy.h"

#include "base/kernel.h"

/* To look into other processes: their descriptors, and to whom they belong (proc(5)). */
#define LOOK (SKT_CAPABILITY(CAP_SYS_PTRACE) | SKT_CAPABILITY(CAP_DAC_READ_SEARCH))

/* What the kernel tells of sockets, and buffers beyond the system's limit. */
#define NET SKT_CAPABILITY(CAP_NET_ADMIN)

/* BPF programs that find owners; before Linux 5.11 they count against a memory limit. */
#define PROGRAMS \
	(SKT_CAPABILITY(CAP_BPF) | SKT_CAPABILITY(CAP_PERFMON) | SKT_CAPABILITY(CAP_SYS_RESOURCE))

/* Other network namespaces are entered (setns(2)); before Linux 5.8 it is BPF's too. */
#define ADMIN SKT_CAPABILITY(CAP_SYS_ADMIN)

#define ALL SKT_CAPABILITIES_ALL

struct row {
	const char *name;
	struct skt_needs needs;
};

/*
 * The whole policy. The files of this tree are read by people who want to know what a process that
 * has been taken over could still do: it is what stands here, and what the options of its run name.
 */
static const struct row rows[SKT_POLICIES] = {
	/* clang-format off */
	[SKT_POLICY_CONNECT]              = {"connect",              {0}},
	/* The program is the user's own choice, and in his own name: nothing is taken from it. */
	[SKT_POLICY_CONNECT_EXEC]         = {"connect --exec",       {ALL, .gains = true}},
	[SKT_POLICY_LISTEN]               = {"listen",               {0}},
	/* Clients meet the program with all that root has, as the user wanted: see the notice. */
	[SKT_POLICY_LISTEN_PROGRAMS]      = {"listen --exec",        {ALL, .gains = true}},
	[SKT_POLICY_LISTEN_PROGRAMS_USER] = {"listen --exec --user", {0}},
	[SKT_POLICY_UDPSEND]              = {"udpsend",              {0}},
	[SKT_POLICY_UDPRECV]              = {"udprecv",              {0}},
	[SKT_POLICY_UDPRECV_PROGRAMS]     = {"udprecv --exec",       {ALL, .gains = true}},
	/* Raw sockets. */
	[SKT_POLICY_SCAN_OPENING]         = {"scan (opening)",       {NET | SKT_CAPABILITY(CAP_NET_RAW)}},
	/* The kernel is made to look for neighbours again. */
	[SKT_POLICY_SCAN]                 = {"scan",                 {NET}},
	[SKT_POLICY_SOCKETS]              = {"sockets",              {LOOK | NET | PROGRAMS | ADMIN}},
	/* It tries which ports can be bound, privileged ones too. */
	[SKT_POLICY_PORTS]                = {"ports",                {LOOK | NET | PROGRAMS | ADMIN |
	                                     SKT_CAPABILITY(CAP_NET_BIND_SERVICE) | SKT_CAPABILITY(CAP_NET_RAW)}},
	[SKT_POLICY_PORTS_HOLD]           = {"ports --hold",         {ALL, .gains = true}},
	/* clang-format on */
};

struct skt_needs skt_policy_needs(enum skt_policy policy)
{
	return rows[policy].needs;
}

const char *skt_policy_name(enum skt_policy policy)
{
	return rows[policy].name;
}

void skt_policy_add_way(
	struct skt_needs *needs, const struct skt_way_options *way, const struct skt_context *ctx)
{
	if (way->interface && ctx->system.kernel < SKT_KERNEL(5, 7))
		needs->capabilities |= SKT_CAPABILITY(CAP_NET_RAW);
}

void skt_policy_apply(const struct skt_needs *needs, const struct skt_context *ctx)
{
	struct skt_confined confined;

	if (!ctx->no_sandbox)
		skt_confine(needs, &confined);
}
