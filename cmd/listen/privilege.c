#include "cmd/listen/privilege.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/listen/run.h"
#include "cmd/listen/service.h"
#include "cmd/policy.h"

/* Whether uid 0 here is uid 0 of the host, not some user's own namespace (user_namespaces(7)). */
static bool is_root(void)
{
	FILE *file = geteuid() ? NULL : fopen("/proc/self/uid_map", "re");
	char line[64], *outside = NULL;

	if (file && fgets(line, sizeof(line), file))
		(void)strtoul(line, &outside, 10);
	if (file)
		(void)fclose(file);
	return geteuid() == 0 && (!outside || strtoul(outside, NULL, 10) == 0);
}

/* One client who comes once, to stdin and stdout, is no service. */
static bool serves(const struct listen_run *run)
{
	return run->options->keep || run->service == &listen_exec;
}

static enum skt_policy policy_of(const struct listen_run *run)
{
	if (run->service != &listen_exec)
		return SKT_POLICY_LISTEN;
	/* Whoever names root means it. */
	return run->options->user && geteuid() ? SKT_POLICY_LISTEN_PROGRAMS_USER
					       : SKT_POLICY_LISTEN_PROGRAMS;
}

static void add_endpoint(struct skt_needs *needs, enum skt_need need, const struct skt_endpoint *e)
{
	if (e->kind == SKT_ENDPOINT_UNIX && !e->abstract)
		skt_needs_add(needs, need, e->path);
}

/* Files that are read again at SIGHUP. */
static void add_lists(struct skt_needs *needs, const struct skt_access *access)
{
	for (size_t i = 0; i < access->files.len; i++)
		skt_needs_add(needs, SKT_NEED_READ, access->files.data[i]);
	needs->names |= access->hosts.len || access->files.len;
}

/* Loaded anew at SIGHUP; the log of keys is opened with them. */
static void add_tls(struct skt_needs *needs, const struct listen_tls_options *tls)
{
	for (size_t i = 0; i < tls->identities.len; i++) {
		skt_needs_add(needs, SKT_NEED_READ, tls->identities.data[i].cert);
		skt_needs_add(needs, SKT_NEED_READ, tls->identities.data[i].key);
	}
	skt_needs_add(needs, SKT_NEED_READ, tls->client_ca);
	skt_needs_add(needs, SKT_NEED_WRITE, tls->common.keylog);
}

/* What looks up names reads it; without it, and without modules for it, nobody is found. */
static void warn_nameless(const struct listen_run *run, const struct skt_needs *needs)
{
	if (needs->names && run->options->chroot && access("/etc/resolv.conf", R_OK))
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "nameless",
			"--chroot %s: names are looked up inside, where there is no /etc/resolv.conf",
			run->options->chroot);
}

void listen_confine(struct listen_run *run)
{
	const struct listen_options *o = run->options;
	struct skt_needs needs = skt_policy_needs(policy_of(run));

	if (!o->user && serves(run) && is_root())
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "root", "serving as root: see --user");
	skt_needs_add(&needs, SKT_NEED_WRITE, o->record);
	/* Its file is removed at the end. */
	add_endpoint(&needs, SKT_NEED_REMOVE, &o->endpoint);
	add_lists(&needs, &o->allow);
	add_lists(&needs, &o->deny);
	add_tls(&needs, &o->tls);
	if (o->far.tls)
		skt_policy_add_authorities(&needs, o->far.client.ca);
	if (run->service->dials) {
		needs.no_tcp = false;
		needs.names = true;
		/* Of a folder only what a chain asks for is read, and only then. */
		skt_needs_add(&needs, SKT_NEED_READ, o->chain.ca);
	}
	for (size_t i = 0; i < o->forwards.len; i++)
		add_endpoint(&needs, SKT_NEED_REACH, &o->forwards.data[i]);
	warn_nameless(run, &needs);
	skt_policy_apply(&needs, run->ctx, &run->log);
}
