/*
 * What a process is called, from its directory below /proc (proc_pid_exe(5), proc_pid_cmdline(5),
 * proc_pid_comm(5), proc_pid_stat(5)). Others see it by way of owner.h.
 */
#ifndef SKT_PROC_PROCESS_H
#define SKT_PROC_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* What is known of a process. Texts are owned by who had it read; hostile bytes allowed. */
struct skt_process {
	uint32_t pid;
	uint32_t uid; /* effective user, as ps(1) shows; valid where has_uid */
	bool has_uid;
	const char *name;    /* exe's base name, else argv[0]'s, else comm; never NULL ("?") */
	const char *comm;    /* the kernel's 15-byte name, or NULL */
	const char *exe;     /* path of the program, ` (deleted)` and all; or NULL */
	bool deleted;        /* that file is gone, or another one has its name */
	const char *command; /* arguments joined by spaces; NULL as long as nobody asked */
};

/* Bytes of a command line that are kept: a page, as the kernel itself gave until Linux 4.2. */
enum { SKT_PROCESS_COMMAND_MAX = 4096 };

/* Part of a text that somebody else owns. A LEN of 0 is no name. */
struct skt_process_text {
	const char *text;
	size_t len;
};

/* Reads `socket:[N]`, the target of the link of a descriptor. Untouched *ret_inode where not so. */
bool skt_process_socket_link(const char *link, size_t len, uint64_t *ret_inode);

/*
 * Whether an exe link says that the file is no longer there. What never was in a directory
 * (memfd_create(2)) is called so by the kernel, and is none.
 */
bool skt_process_exe_deleted(const char *link, size_t len);

/* The base name of the program that an exe link points to, without the kernel's ` (deleted)`. */
struct skt_process_text skt_process_exe_name(const char *link, size_t len);

/*
 * The program's name by its first argument: without directories, the `-` of login shells, and what
 * daemons write behind it (`sshd: user [priv]`). LEN bytes, NUL between arguments.
 */
struct skt_process_text skt_process_argv_name(const char *arguments, size_t len);

/* The name in a stat line: up to the last `)`, for the name itself may hold any byte. */
struct skt_process_text skt_process_stat_name(const char *stat, size_t len);

/* Joins arguments in place by spaces; returns the length without those that are empty at the end.
 */
size_t skt_process_join(char *arguments, size_t len);

/*
 * Describes PID below PROC_ROOT, texts in ARENA. A process that is gone, or does not tell, is "?".
 * -ENOMEM; -EMFILE, -ENFILE: nothing was learnt of it for want of a descriptor.
 */
int skt_process_read(
	const char *proc_root, uint32_t pid, struct skt_arena *arena, struct skt_process *ret);

/* The command line of PID in ARENA, or NULL where there is none. */
const char *skt_process_command(const char *proc_root, uint32_t pid, struct skt_arena *arena);

#endif
