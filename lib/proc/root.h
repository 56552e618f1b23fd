/* What a proc file system tells of itself and of the whole system (proc(5)). */
#ifndef SKT_PROC_ROOT_H
#define SKT_PROC_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether PROC_ROOT numbers processes as this process does: only then do its numbers mean something
 * to system calls, and those of the kernel something below it.
 */
bool skt_proc_root_is_own(const char *proc_root);

/*
 * The same from the LEN bytes of self/status: its line NStgid, of Linux 4.1, has the numbers of
 * this process in the pid namespace of the file system and in all those below, down to its own.
 */
bool skt_proc_status_is_own(const char *status, size_t len);

/*
 * Whether the processes of the whole system are below PROC_ROOT, not those of a pid namespace
 * inside it: then none is hidden by its number. True where that cannot be told.
 */
bool skt_proc_root_is_initial(const char *proc_root);

/*
 * Whether this process has all the privilege that it takes to look into others: CAP_SYS_PTRACE and
 * CAP_DAC_READ_SEARCH, in the initial user namespace. What it is denied then, no privilege gives.
 */
bool skt_proc_root_grants(const char *proc_root);

/* Whether PROC_ROOT is mounted so that it does not list processes of others (proc(5), hidepid). */
bool skt_proc_root_hides(const char *proc_root);

/* The same for one LINE of mountinfo (proc_pid_mountinfo(5)), without its end. */
bool skt_proc_mount_hides(const char *line, const char *proc_root);

/*
 * How many descriptors there may be, roughly, without a look at each process: files that the whole
 * system has open (sys/fs/file-nr), whoever shares them, and some for each thread. 0: not known.
 */
uint64_t skt_proc_root_descriptors(const char *proc_root);

/*
 * Reads up to SIZE bytes of the file NAME in the directory DIR (openat(2)). How many there were: 0
 * also where it cannot be read.
 */
size_t skt_proc_read(int dir, const char *name, char *buffer, size_t size);

#endif
