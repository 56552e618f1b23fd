/*
 * Who may come, as of now: --allow and --deny with the entries of their files and the addresses of
 * their hosts, read and looked up at the start and anew whenever SIGHUP comes.
 */
#ifndef SKT_CMD_LISTEN_ROSTER_H
#define SKT_CMD_LISTEN_ROSTER_H

#include <stdbool.h>

#include "base/err.h"

struct listen_run;
struct listen_roster;

/*
 * Loads the lists for the server of RUN, waiting for what has to be looked up. Errors: -EINVAL (an
 * entry that is none), -ENOENT (no such host), -ECANCELED (a signal ended the run), -ENODATA (an
 * --allow list of nobody), and what open(2) and the lookups say.
 */
int listen_roster_open(struct listen_run *run, struct skt_err *err);

/* Whether there is anything that could be other than it was. */
bool listen_roster_changes(const struct listen_run *run);

/*
 * Begins to load the lists anew. Those in force stay so until all of the new is known, and where it
 * cannot be had; both are told.
 */
void listen_roster_reload(struct listen_run *run);

void listen_roster_close(struct listen_run *run);

#endif
