/*
 * How a server stands from its first client to its last: what its service manager hears of it, and
 * its end where nobody comes for a while (--exit-idle) or can come any more.
 */
#ifndef SKT_CMD_LISTEN_STANDING_H
#define SKT_CMD_LISTEN_STANDING_H

struct listen_run;

/* Clients can come from now on, with the rights that they are served with. */
void listen_standing_begin(struct listen_run *run);

/* Somebody has come, or left. */
void listen_standing_changed(struct listen_run *run);

/* SIGHUP has come: what changes is read anew, in the background; and that is over. */
void listen_standing_reloading(struct listen_run *run);
void listen_standing_reloaded(struct listen_run *run);

/* The end has begun. No effect before listen_standing_begin(), but that nobody is told. */
void listen_standing_end(struct listen_run *run);

#endif
