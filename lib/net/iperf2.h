/*
 * The UDP format of iperf 2 (2.1), which is all of the wire that a one-way measurement needs:
 *
 *	 0  id       low 32 bits of the sequence number, which begins at 1
 *	 4  tv_sec   when it was sent, CLOCK_REALTIME
 *	 8  tv_usec
 *	12  id2      high 32 bits
 *
 * The end of a stream is marked by the negative number that would be next; iperf repeats it, one
 * further each time, until the other side acknowledges it with what it has counted:
 *
 *	16  flags, bytes (high, low), duration (sec, usec), lost, out of order, datagrams,
 *	    jitter (sec, usec)
 *
 * All are big endian. Source: src/payloads.h of iperf 2.1, and what 2.1.8 puts on the wire.
 * Senders before 2.0.10 had no id2; what stands there is payload.
 */
#ifndef SKT_NET_IPERF2_H
#define SKT_NET_IPERF2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SKT_IPERF2_HEADER = 16,
	SKT_IPERF2_ACK = 128, /* the size iperf 2.1 sends; the last half is zero here */
	SKT_IPERF2_ACK_MIN = 56,
};

struct skt_iperf2_header {
	uint32_t id, id2;
	uint64_t sent_ns; /* CLOCK_REALTIME, of microseconds */
};

/* What a receiver has counted. */
struct skt_iperf2_report {
	uint64_t bytes, duration_ns, jitter_ns;
	uint64_t datagrams, lost, reordered; /* at most 2^32 - 1 on the wire */
};

/* Writes the header of datagram SEQUENCE; negative: the mark of the end. */
void skt_iperf2_put(uint8_t at[SKT_IPERF2_HEADER], int64_t sequence, uint64_t sent_ns);

/* False where LEN bytes are too short, or where the time cannot be one. */
bool skt_iperf2_parse(const uint8_t *bytes, size_t len, struct skt_iperf2_header *ret);

/*
 * The sequence number of a header, where NEAR is the highest one known of this sender, 0: none yet.
 * Old senders' numbers wrap at 2^31 and their marks look like new ones' numbers: NEAR tells.
 * Sets *ret_end where the datagram marks the end; the number returned then is positive too.
 */
uint64_t skt_iperf2_sequence(const struct skt_iperf2_header *header, uint64_t near, bool *ret_end);

/* The acknowledgement of an end mark. */
void skt_iperf2_put_ack(uint8_t at[SKT_IPERF2_ACK], const struct skt_iperf2_report *report);
bool skt_iperf2_parse_ack(const uint8_t *bytes, size_t len, struct skt_iperf2_report *ret);

#endif
