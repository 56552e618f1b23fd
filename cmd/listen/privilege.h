/* What a server gives up once its port is bound. */
#ifndef SKT_CMD_LISTEN_PRIVILEGE_H
#define SKT_CMD_LISTEN_PRIVILEGE_H

struct listen_run;

/*
 * Leaves the run what its service and its options need, and tells whoever serves others as root
 * that he need not.
 */
void listen_confine(struct listen_run *run);

#endif
