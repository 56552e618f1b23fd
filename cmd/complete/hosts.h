/* Ports, hosts, and both together. */
#ifndef SKT_CMD_COMPLETE_HOSTS_H
#define SKT_CMD_COMPLETE_HOSTS_H

#include "cmd/complete/asked.h"

/* One port; LISTENING: of this host, where something shall listen. */
void complete_port(const struct complete_asked *asked, bool listening);

/* Moves on behind the last colon of HOST: or [V6]:, if there is such a one; its port is offered. */
bool complete_port_of_host(const struct complete_asked *asked);

/* Moves on behind unix:, and offers names of such sockets; files where none will do. */
void complete_path(const struct complete_asked *asked, bool listening);

/* Each in place of its metavar. */
void complete_value_ports(const struct complete_asked *asked);
void complete_value_endpoint(const struct complete_asked *asked);
void complete_value_host(const struct complete_asked *asked);
void complete_value_addr(const struct complete_asked *asked);
void complete_value_cidr(const struct complete_asked *asked);

#endif
