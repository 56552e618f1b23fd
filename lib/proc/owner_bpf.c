#include "proc/owner_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/bpf.h"
#include "proc/owner_records.h"
#include "proc/owner_skeleton.h"
#include "proc/root.h"

enum {
	RECORDS = 4096, /* read at a time: more than the eight pages that the kernel gives */

	/*
	 * A read ends when eight pages are full, or after a million files. What takes more of them
	 * than this has 30 million descriptors, or is made to look so.
	 */
	READS_MAX = 12 * 1024,
};

/* The program of owner.bpf.c. Its words, and what they say, are those of little-endian machines. */
static const struct skt_bpf_image holders = {
	.data = skt_owner_data,
	.insns = skt_owner_insns,
	.data_size = sizeof(skt_owner_data),
	.insns_size = sizeof(skt_owner_insns),
	.programs = 1,
};

/* The other one of it. */
static const struct skt_bpf_image messages = {
	.data = skt_messages_data,
	.insns = skt_messages_insns,
	.data_size = sizeof(skt_messages_data),
	.insns_size = sizeof(skt_messages_insns),
	.programs = 1,
};

static int open_iterator(const struct skt_bpf_image *image, int *ret_fd, struct skt_err *err)
{
	struct skt_bpf_loaded loaded;
	int status = skt_bpf_load(image, &loaded, err);

	if (status < 0)
		return status;
	status = skt_bpf_iterate(loaded.programs[0], ret_fd, err);
	skt_bpf_unload(&loaded);
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
		status = skt_bpf_refuse(err, EOVERFLOW, "read a BPF iterator");
	else if (got < 0 || rest > 0)
		status = skt_bpf_refuse(err, got < 0 ? errno : EBADMSG, "read a BPF iterator");
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
	status = open_iterator(scan->messages ? &messages : &holders, &fd, err);
	if (status == 0)
		status = read_records(scan, fd, err);
	if (fd >= 0)
		(void)close(fd);
	return status;
}

const struct skt_owner_backend skt_owner_bpf = {
	.name = "bpf",
	.scan = scan_bpf,
	.lacks = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		? NULL
		: "built without BPF: its program is one for little-endian machines",
};
