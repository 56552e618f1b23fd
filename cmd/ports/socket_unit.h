/*
 * Which socket unit of systemd asks for a port: by what the unit files say (systemd.socket(5)),
 * since PID 1 tells nobody but by D-Bus which unit it listens for. Drop-ins count, such as those
 * that a generator makes of sshd_config. An answer is as good as the files: whether a unit that
 * names the port is started they do not say.
 */
#ifndef SKT_CMD_PORTS_SOCKET_UNIT_H
#define SKT_CMD_PORTS_SOCKET_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag/socket.h"

enum { SKT_SOCKET_UNIT_MAX = 256 };

/* The directories of system units in systemd's order (systemd.unit(5)), ended by NULL. */
extern const char *const skt_socket_unit_dirs[];

/*
 * The name of the first unit in DIRS that has a ListenStream= or ListenDatagram= of PORT. False
 * where there is none. What cannot be read is passed over.
 */
bool skt_socket_unit_find(const char *const *dirs, enum skt_proto proto, uint16_t port,
	char (*ret)[SKT_SOCKET_UNIT_MAX]);

/* Whether the LEN bytes of a unit file at TEXT listen at PORT. */
bool skt_socket_unit_listens(const char *text, size_t len, enum skt_proto proto, uint16_t port);

#endif
