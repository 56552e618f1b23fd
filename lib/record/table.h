/* Which table of sockets a request of sock_diag(7) asks for, and which of its sockets an answer is.
 */
#ifndef SKT_RECORD_TABLE_H
#define SKT_RECORD_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct skt_record_request {
	uint32_t kind;  /* skt_fact_table(); 0: of nothing that is recorded */
	uint8_t family; /* AF_INET, AF_INET6: sockets of that only; else AF_UNSPEC */
};

/* Of a message of TYPE (SOCK_DIAG_BY_FAMILY, TCPDIAG_GETSOCK) with LEN bytes PAYLOAD. */
struct skt_record_request skt_record_request_of(uint16_t type, const void *payload, size_t len);

/*
 * The number of the socket of KIND that LEN bytes ANSWER describe: its cookie, or where that does
 * not tell it from others (diag/socket_id.h), a hash under KEY of what does.
 */
uint64_t skt_record_number_of(uint32_t kind, const void *answer, size_t len, const uint64_t key[2]);

/* The table of a socket whose end ANSWER (of SKNLGRP_INET_*_DESTROY) tells. */
uint32_t skt_record_table_of_end(const void *answer, size_t len);

#endif
