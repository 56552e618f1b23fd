/*
 * What to say to a UDP port so that the service usually found there answers: one harmless question
 * for each protocol, written for this project from the documents named beside them.
 */
#ifndef SKT_SCAN_PAYLOAD_H
#define SKT_SCAN_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

enum { SKT_PAYLOAD_MAX = 1200 };

/* Writes the question for PORT to BYTES; how many bytes it is. Ports that nothing is known of get
 * an empty datagram: 0. */
size_t skt_payload_for(uint16_t port, uint8_t bytes[SKT_PAYLOAD_MAX]);

/*
 * Which port the answer of SIZE bytes, maybe cut, belongs to by what is in it, wherever it came
 * from; 0: that cannot be told. Servers of TFTP answer from a port of their own choice.
 */
uint16_t skt_payload_answered(const uint8_t *bytes, size_t size);

#endif
