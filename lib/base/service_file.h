/* Reading of services(5) files, for service.c only. */
#ifndef SKT_BASE_SERVICE_FILE_H
#define SKT_BASE_SERVICE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/service_record.h"
#include "base/str.h"
#include "base/vec.h"

/* A line that names a service: one port, one protocol. */
struct skt_service_line {
	struct skt_service service; /* its texts are the arena's */
	uint32_t number;            /* lines are in this order in the file */
};

SKT_VEC_DECLARE(skt_service_lines, struct skt_service_line);

/*
 * Appends the regular file at PATH to TEXT: all of it, the whole lines of its first 4 MiB, or,
 * where it cannot be read, nothing, and -errno; 0 where there is none. Out of memory: TEXT says so.
 */
int skt_service_file_read(const char *path, struct skt_str *text);

/*
 * Fills LINES with what the LEN bytes at TEXT name, in order of port, then as in the file. Lines
 * that are not of the form NAME PORT/PROTOCOL [ALIAS...] [# COMMENT], and other protocols than
 * those of base/service_record.h, are skipped. -ENOMEM is the only failure.
 */
int skt_service_lines_parse(
	const char *text, size_t len, struct skt_arena *arena, struct skt_service_lines *lines);

#endif
