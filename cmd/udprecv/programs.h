/*
 * --exec and --sh of udprecv: a program for each datagram, which reads it from its standard input
 * and writes the answer to its standard output. Several run at once, up to a bound; a program that
 * does not end is killed. The rest waits in the socket's buffer.
 */
#ifndef SKT_CMD_UDPRECV_PROGRAMS_H
#define SKT_CMD_UDPRECV_PROGRAMS_H

#include <poll.h>

#include "cmd/udprecv/answer.h"

enum { UDPRECV_PROGRAMS_MAX = 64 };

struct udprecv_programs;

/* ANSWERS is borrowed; MASK is what programs find. An exit status, told. */
int udprecv_programs_new(const struct udprecv_options *o, const struct skt_context *ctx,
	struct udprecv_answers *answers, const sigset_t *mask, struct udprecv_programs **ret);

/* Kills what still runs. */
void udprecv_programs_free(struct udprecv_programs *programs);

/* Whether one more may be started. */
bool udprecv_programs_free_place(const struct udprecv_programs *programs);

/* How many run. */
size_t udprecv_programs_running(const struct udprecv_programs *programs);

/* Starts one for D, which may be answered. What fails is told and counted. */
void udprecv_programs_start(struct udprecv_programs *programs, const struct skt_datagram *d);

/* Adds what they wait for, UDPRECV_PROGRAMS_MAX places at the most. Returns how many. */
size_t udprecv_programs_poll(const struct udprecv_programs *programs, struct pollfd *fds);

/* When the next of them is to be killed, CLOCK_MONOTONIC; UINT64_MAX: never. */
uint64_t udprecv_programs_due(const struct udprecv_programs *programs);

/* Moves what can be moved, answers what is complete, ends what is late. */
void udprecv_programs_step(struct udprecv_programs *programs, uint64_t now_ns);

/* Tells on stderr of those that failed. */
void udprecv_programs_tell(const struct udprecv_programs *programs);

#endif
