/* One service, as every registry of them has it. */
#ifndef SKT_BASE_SERVICE_RECORD_H
#define SKT_BASE_SERVICE_RECORD_H

#include <stdint.h>

/* Transport protocols as bits, so that an entry can carry several. */
enum {
	SKT_SERVICE_TCP = 1,
	SKT_SERVICE_UDP = 2,
	SKT_SERVICE_SCTP = 4,
	SKT_SERVICE_DCCP = 8,
	SKT_SERVICE_ANY = 15,
};

struct skt_service {
	const char *name;
	const char *aliases;     /* other names between single spaces; "" where there are none */
	const char *description; /* "" where there is none */
	uint16_t port;
	uint8_t protocols; /* SKT_SERVICE_* */
};

#endif
