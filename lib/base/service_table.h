/*
 * The built-in registry of services: compact, sorted by port, and free of pointers, so that it
 * stays in the read-only pages of the binary until someone looks. For service.c only.
 */
#ifndef SKT_BASE_SERVICE_TABLE_H
#define SKT_BASE_SERVICE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/service_record.h"

/* No two entries of a port have a protocol in common. */
struct skt_service_entry {
	uint16_t port;
	uint8_t protocols;
	uint8_t name_size, aliases_size, description_size; /* in the text, with their NULs */
};

extern const struct skt_service_entry skt_service_table[];
extern const size_t skt_service_table_len;

/* Of each entry in turn: name, aliases (between single spaces), description, each with its NUL. */
extern const char skt_service_text[];

#endif
