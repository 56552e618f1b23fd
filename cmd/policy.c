#include "cmd/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* To bind any port, to any interface. */
#define TRY (SKT_CAPABILITY(CAP_NET_BIND_SERVICE) | SKT_CAPABILITY(CAP_NET_RAW))

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
	[SKT_POLICY_CONNECT]              = {"connect",              {.names = true}},
	/* The program is the user's own choice, and in his own name: nothing is taken from it. */
	[SKT_POLICY_CONNECT_EXEC]         = {"connect --exec",       {ALL, .programs = true, .gains = true}},
	[SKT_POLICY_LISTEN]               = {"listen",               {.serves = true, .no_tcp = true}},
	/* Clients meet the program with all that root has, as the user wanted: see the notice. */
	[SKT_POLICY_LISTEN_PROGRAMS]      = {"listen --exec",        {ALL, .programs = true, .gains = true}},
	[SKT_POLICY_LISTEN_PROGRAMS_USER] = {"listen --exec --user", {.serves = true, .programs = true}},
	[SKT_POLICY_UDPSEND]              = {"udpsend",              {.no_tcp = true}},
	[SKT_POLICY_UDPRECV]              = {"udprecv",              {.serves = true, .no_tcp = true}},
	/* It says at the end who else holds the port, where nothing came. */
	[SKT_POLICY_UDPRECV_VERBOSE]      = {"udprecv -v",           {LOOK, .serves = true, .others = true, .no_tcp = true}},
	[SKT_POLICY_UDPRECV_PROGRAMS]     = {"udprecv --exec",       {ALL, .programs = true, .gains = true}},
	/* Raw sockets; and files that options name are opened. */
	[SKT_POLICY_SCAN_OPENING]         = {"scan (opening)",       {NET | SKT_CAPABILITY(CAP_NET_RAW), .opening = true}},
	/* The kernel is made to look for neighbours again. */
	[SKT_POLICY_SCAN]                 = {"scan",                 {NET, .names = true}},
	[SKT_POLICY_SOCKETS]              = {"sockets",              {LOOK | NET | PROGRAMS | ADMIN, .others = true}},
	/* It tries which ports can be bound, privileged ones too. */
	[SKT_POLICY_PORTS]                = {"ports",                {LOOK | NET | PROGRAMS | ADMIN | TRY, .others = true}},
	[SKT_POLICY_PORTS_HOLD]           = {"ports --hold",         {ALL, .programs = true, .gains = true}},
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

/*
 * Code that somebody has put into this process has needs that nobody here knows: a wrapper of name
 * service has hosts of its own, a profiler writes files. And the C library reads aliases of hosts
 * where it is told to (hostname(7)).
 */
static void add_environment(struct skt_needs *needs)
{
	static const char *const loaded[] = {"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"};

	for (size_t i = 0; i < SKT_COUNT(loaded); i++) {
		if (!getenv(loaded[i]))
			continue;
		needs->all_files = true;
		needs->no_tcp = false;
	}
	if (needs->names)
		skt_needs_add(needs, SKT_NEED_READ, getenv("HOSTALIASES"));
}

/* "in force", or why it is not. */
static const char *state_of(int r)
{
	return r == 0 ? "in force" : r == -EOPNOTSUPP ? "not used" : strerror(-r);
}

static void tell(const struct skt_confined *confined, const struct skt_event_log *log)
{
	struct skt_event event;

	skt_event_begin(&event, log, SKT_EVENT_DEBUG, "confined");
	skt_event_add_number(&event, "capabilities", confined->left);
	skt_event_add_text(&event, "no_new_privs", state_of(confined->no_new_privs));
	skt_event_add_text(&event, "landlock", state_of(confined->landlock));
	skt_event_add_text(&event, "seccomp", state_of(confined->seccomp));
	skt_event_end(&event,
		"confined: capabilities %#llx, no_new_privs %s, landlock %s, seccomp %s",
		(unsigned long long)confined->left, state_of(confined->no_new_privs),
		state_of(confined->landlock), state_of(confined->seccomp));
}

void skt_policy_add_authorities(struct skt_needs *needs, const char *ca)
{
	const char *dirs = getenv("SSL_CERT_DIR");

	skt_needs_add(needs, SKT_NEED_READ, ca ? ca : dirs);
	if (!ca && dirs && strchr(dirs, ':'))
		needs->all_files = true;
}

void skt_policy_apply(const struct skt_needs *needs, const struct skt_context *ctx,
	const struct skt_event_log *log)
{
	struct skt_needs all = *needs;
	struct skt_confined confined;

	if (ctx->no_sandbox)
		return;
	add_environment(&all);
	skt_confine(&all, &confined);
	if (log)
		tell(&confined, log);
}
