#include "proc/owner_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/owner_records.h"
#include "proc/root.h"

/*
 * Generated from owner.bpf.c by bpftool: a "light skeleton", whose members are found (CO-RE) by the
 * kernel itself, from Linux 5.17 on. libbpf would read all of /sys/kernel/btf/vmlinux for that, and
 * take ten times as long; all that is left of it here are functions of its headers.
 */
#include "proc/owner_skeleton.h"

enum {
	RECORDS = 4096, /* read at a time: more than the eight pages that the kernel gives */

	/*
	 * A read ends when eight pages are full, or after a million files. What takes more of them
	 * than this has 30 million descriptors, or is made to look so.
	 */
	READS_MAX = 12 * 1024,
};

/* The words for a step that failed, which is a reason to ask another backend. */
static int refuse(struct skt_err *err, int errnum, const char *step)
{
	skt_fail(err, errnum, "%s", step);
	return -EOPNOTSUPP;
}

/* Opens the iterator, which keeps its program: *ret_fd is all that stays open. */
static int open_iterator(int *ret_fd, struct skt_err *err)
{
	struct owner_bpf *skeleton = owner_bpf__open();
	union bpf_attr attr;
	int status;

	if (!skeleton)
		return -ENOMEM;
	status = owner_bpf__load(skeleton);
	if (status < 0) {
		status = refuse(err, -status, "load a BPF program");
		goto out;
	}
	if (owner_bpf__attach(skeleton) < 0) {
		status = refuse(err, errno, "attach a BPF iterator");
		goto out;
	}
	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = (__u32)skeleton->links.each_file_fd;
	status = skel_sys_bpf(BPF_ITER_CREATE, &attr, sizeof(attr));
	if (status < 0) {
		status = refuse(err, errno, "create a BPF iterator");
		goto out;
	}
	*ret_fd = status;
	status = 0;
out:
	owner_bpf__destroy(skeleton);
	return status;
}

static int read_records(const struct skt_owner_scan *scan, int fd, struct skt_err *err)
{
	struct skt_owner_hit *records = malloc(RECORDS * sizeof(*records));
	ssize_t got, rest = 0;
	unsigned int reads;
	int status = 0;

	if (!records)
		return -ENOMEM;
	for (reads = 0; reads < READS_MAX; reads++) {
		got = read(fd, (char *)records + rest, RECORDS * sizeof(*records) - (size_t)rest);
		/* EAGAIN: a million files without a socket among them (kernel/bpf/bpf_iter.c). */
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			break;
		rest = skt_owner_records_take(scan, records, (size_t)(rest + got));
		if (rest < 0) {
			status = (int)rest;
			goto out;
		}
	}
	if (reads == READS_MAX)
		status = refuse(err, EOVERFLOW, "read a BPF iterator");
	else if (got < 0 || rest > 0)
		status = refuse(err, got < 0 ? errno : EBADMSG, "read a BPF iterator");
out:
	free(records);
	return status;
}

static int scan_bpf(const struct skt_owner_scan *scan, struct skt_err *err)
{
	int fd = -1, status;

	/* The iterator shows the processes of this pid namespace, by their numbers in it. */
	if (!skt_proc_root_is_own(scan->proc_root)) {
		skt_fail_text(err, EOPNOTSUPP,
			"%s is not of this pid namespace: BPF would number processes otherwise",
			scan->proc_root);
		return -EOPNOTSUPP;
	}
	status = open_iterator(&fd, err);
	if (status == 0)
		status = read_records(scan, fd, err);
	if (fd >= 0)
		(void)close(fd);
	return status;
}

const struct skt_owner_backend skt_owner_bpf = {.name = "bpf", .scan = scan_bpf};
