#include "proc/owner_run.h"

#include <errno.h>

#include "proc/root.h"

/*
 * Descriptors from which on a BPF program pays: to load it takes as long as to read some hundred of
 * them in /proc, and ten times that where the kernel has to look its types up first.
 */
enum { BPF_PAYS = 4096 };

static bool bpf_pays(const char *proc_root, enum skt_owners_source source)
{
	switch (source) {
	case SKT_OWNERS_AUTO:
		break;
	case SKT_OWNERS_BPF:
		return true;
	case SKT_OWNERS_PROC:
		return false;
	}
	return skt_proc_root_descriptors(proc_root) >= BPF_PAYS;
}

static int run_backend(const struct skt_owner_backend *backend, const struct skt_owner_scan *scan,
	struct skt_err *err)
{
	if (!backend->lacks)
		return backend->scan(scan, err);
	skt_fail_text(err, EOPNOTSUPP, "%s", backend->lacks);
	return -EOPNOTSUPP;
}

int skt_owner_run(const struct skt_owner_scan *scan, enum skt_owners_source source,
	void (*restart)(void *ctx), struct skt_err *err)
{
	struct skt_err why = {0};
	int status = -EOPNOTSUPP;

	if (bpf_pays(scan->proc_root, source))
		status = run_backend(&skt_owner_bpf, scan, &why);
	if (status == -EOPNOTSUPP && source != SKT_OWNERS_BPF) {
		restart(scan->ctx);
		why = (struct skt_err){0};
		status = run_backend(&skt_owner_proc, scan, &why);
	}
	if (status < 0 && err)
		*err = why;
	return status;
}
