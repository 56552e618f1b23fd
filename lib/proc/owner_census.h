/*
 * The tables of descriptors that there are to read: one for each process, and one more for each of
 * its threads that does not share it (unshare(2) with CLONE_FILES; or the leader exited, and with
 * that lost sight of what its threads still have).
 */
#ifndef SKT_PROC_OWNER_CENSUS_H
#define SKT_PROC_OWNER_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"

struct skt_fd_table {
	uint32_t pid;   /* of the process */
	uint32_t task;  /* whose directory shows the table: PID, or one of its threads */
	uint32_t count; /* of descriptors; 0: not known */
};

struct skt_census {
	int root;     /* proc_root */
	bool own;     /* its numbers are those of this process: system calls take them */
	bool counted; /* the size of a fd directory is the number of its entries (Linux 6.2) */
	size_t processes, hidden;
	uint64_t descriptors; /* where counted */
	SKT_VEC(struct skt_fd_table) tables;
};

/*
 * Lists what is below PROC_ROOT. Errors: it cannot be read, it has no processes, -ENOMEM; the
 * caller calls skt_census_fini() in any case.
 */
int skt_census_take(const char *proc_root, struct skt_census *ret, struct skt_err *err);
void skt_census_fini(struct skt_census *census);

/*
 * Calls EACH for the entries of DIR that are numbers, until it returns other than 0, which is then
 * returned. A directory that vanishes meanwhile, or is closed to us, just ends; -ENOMEM, -EIO
 * and the like where it could not be read. readdir(3) would take a malloc and 32
 * KiB for each DIR; BUFFER, of SIZE bytes and aligned like a struct dirent64, serves many.
 */
int skt_each_number(
	int dir, void *buffer, size_t size, int (*each)(void *ctx, uint32_t number), void *ctx);

#endif
