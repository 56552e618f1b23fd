/*
 * TCP SYN segments out, and what answers them in: bytes in wire order on one side, numbers on the
 * other. Pure, and safe against any bytes.
 */
#ifndef SKT_SCAN_PACKET_H
#define SKT_SCAN_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { SKT_SYN_SIZE = 32, SKT_SYN4_SIZE = 20 + SKT_SYN_SIZE };

struct skt_syn {
	struct skt_addr source, destination; /* of one family */
	uint16_t source_port, destination_port;
	uint32_t sequence;
};

/*
 * Writes the segment with the options that a Linux host would send (RFC 9293, RFC 7323, RFC 2018):
 * bare SYNs are dropped by some networks. IPv4: behind an IP header, all checksums but that of the
 * header, which the kernel adds. IPv6: the segment alone, without a checksum, which the kernel adds
 * too (IPV6_CHECKSUM). Returns the length.
 */
size_t skt_syn_write(const struct skt_syn *syn, uint8_t bytes[SKT_SYN4_SIZE]);

enum skt_reply_kind { SKT_REPLY_SYN_ACK, SKT_REPLY_RESET, SKT_REPLY_ICMP };

/* What an answer says of the SYN that it answers. */
struct skt_reply {
	enum skt_reply_kind kind;
	struct skt_addr target; /* where the SYN went; IPv6 TCP: not in the bytes, left alone */
	uint16_t target_port;
	uint16_t own_port; /* the SYN's source port */
	uint32_t sequence; /* the SYN's; of a reset it may have been this or one less */
	uint8_t icmp_type, icmp_code;
	struct skt_addr from; /* IPv4: sender of the answer; IPv6: not in the bytes, left alone */
	uint8_t ttl;          /* IPv4; IPv6: left alone */
};

/* Reads a TCP segment of LEN bytes. -EINVAL: neither SYN-ACK nor reset with ACK, or cut short. */
int skt_reply_read_tcp(const uint8_t *bytes, size_t len, struct skt_reply *ret);

/* Reads an IPv4 packet with TCP or ICMP in it, as raw(7) sockets give it. -EINVAL: no answer. */
int skt_reply_read4(const uint8_t *bytes, size_t len, struct skt_reply *ret);

/* Reads an ICMPv6 message. -EINVAL: no error, or not about a SYN of ours. */
int skt_reply_read_icmp6(const uint8_t *bytes, size_t len, struct skt_reply *ret);

#endif
