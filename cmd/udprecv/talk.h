/*
 * A conversation: what stdin says goes to who spoke last, or to all who have spoken. Nothing of it
 * is read before anybody has.
 */
#ifndef SKT_CMD_UDPRECV_TALK_H
#define SKT_CMD_UDPRECV_TALK_H

#include "cmd/udprecv/answer.h"

enum { UDPRECV_TALKERS_MAX = 1024 };

struct udprecv_talk;

/* ANSWERS is borrowed. -ENOMEM. */
int udprecv_talk_new(const struct udprecv_options *o, struct udprecv_answers *answers,
	struct udprecv_talk **ret);
void udprecv_talk_free(struct udprecv_talk *talk);

/* D has come: its sender is spoken to from now on. */
void udprecv_talk_hear(struct udprecv_talk *talk, const struct skt_datagram *d);

/* The descriptor to wait for; -1: there is nobody to speak to, or nothing more to say. */
int udprecv_talk_fd(const struct udprecv_talk *talk);

/* Reads what is there, and sends it, a line in each datagram. */
void udprecv_talk_step(struct udprecv_talk *talk, const struct skt_context *ctx);

#endif
