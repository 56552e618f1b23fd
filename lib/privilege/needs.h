/*
 * What a run needs of this host while it serves strangers: plain values, a row of the caller's
 * table to which the run adds what its options name.
 */
#ifndef SKT_PRIVILEGE_NEEDS_H
#define SKT_PRIVILEGE_NEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "privilege/capabilities.h"

/* What is done with a path, or with what is below it. */
enum skt_need {
	SKT_NEED_READ,   /* a file, also one that takes its place; or all files of a directory */
	SKT_NEED_WRITE,  /* files are made, written and removed in a directory, or beside a file */
	SKT_NEED_REMOVE, /* a file is removed */
	SKT_NEED_REACH,  /* a unix socket is connected or sent to */
};

struct skt_need_path {
	const char *path; /* borrowed */
	enum skt_need need;
};

/* More of them, and files are not restricted. */
enum { SKT_NEED_PATHS_MAX = 32 };

struct skt_needs {
	uint64_t capabilities; /* that are kept, of those that are there; SKT_CAPABILITY() */
	bool opening; /* a step before the last one: only capabilities go, and no_new_privs comes */
	bool serves;  /* for long, whoever comes: the bounding set is emptied, too */
	bool gains;   /* programs may gain by execve(2): no no_new_privs */
	bool programs;  /* are run: nobody knows what they need */
	bool others;    /* other processes are looked into, and with them all files */
	bool all_files; /* files are not restricted */
	bool names;     /* users, hosts and certificates are looked up, in the system's files */
	bool no_tcp;    /* no TCP connection is made, and no port bound */
	struct skt_need_path paths[SKT_NEED_PATHS_MAX];
	size_t path_count;
};

/*
 * Adds PATH (borrowed until the run is confined; NULL adds nothing), with the capability by which
 * root passes permissions there, as it did before.
 */
void skt_needs_add(struct skt_needs *needs, enum skt_need need, const char *path);

#endif
