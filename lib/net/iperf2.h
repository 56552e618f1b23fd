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
 * Old senders' marks look like new ones' numbers from 2^31 on: only one that is near is believed.
 * Sets *ret_end where the datagram marks the end; the number returned then is positive too.
 */
uint64_t skt_iperf2_sequence(const struct skt_iperf2_header *header, uint64_t near, bool *ret_end);

/*
 * Whether a client asks for a stream the other way (iperf -R): it repeats its first datagram with
 * this wish until the stream comes. LEN bytes from 52 on are enough to see it.
 */
bool skt_iperf2_asks_reverse(const uint8_t *bytes, size_t len);

/*
 * Whether a datagram begins as those of iperf 3 do, whose streams need a TCP connection beside
 * them: seconds, microseconds, number (src/iperf_udp.c). NOW_NS: CLOCK_REALTIME, which the
 * sender's is taken to agree with to a day.
 */
bool skt_iperf3_looks(const uint8_t *bytes, size_t len, uint64_t now_ns);
enum { SKT_IPERF3_PORT = 5201 }; /* where its servers are, over TCP before anything else */
enum { SKT_IPERF2_LOOK = 64 };   /* bytes of payload that all of this wants to see */

/* The acknowledgement of an end mark. */
void skt_iperf2_put_ack(uint8_t at[SKT_IPERF2_ACK], const struct skt_iperf2_report *report);
bool skt_iperf2_parse_ack(const uint8_t *bytes, size_t len, struct skt_iperf2_report *ret);

#endif
