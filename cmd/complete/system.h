/* What this host has that options name: hosts it knows, addresses, interfaces, programs. */
#ifndef SKT_CMD_COMPLETE_SYSTEM_H
#define SKT_CMD_COMPLETE_SYSTEM_H

#include "cmd/complete/offer.h"

/* Names in /etc/hosts and those of ~/.ssh/known_hosts that are no hashes, each with BEHIND. */
void complete_hosts(struct complete_offers *offers, const char *behind);

/* Addresses of this host; BRACKETS: those of IPv6 in such, as in front of a port. */
void complete_addresses(struct complete_offers *offers, bool brackets, const char *behind);

void complete_interfaces(struct complete_offers *offers);

/* Network namespaces that have a name, and `all`. */
void complete_namespaces(struct complete_offers *offers);

/* Those in /etc/passwd. */
void complete_users(struct complete_offers *offers);

/* Programs in PATH. */
void complete_programs(struct complete_offers *offers);

#endif
