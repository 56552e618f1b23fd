#include "diag/socket_detail.h"

#include <linux/inet_diag.h>
#include <string.h>

#include "base/macros.h"
#include "diag/attribute.h"
#include "diag/socket.h"

/* Newer than the headers of Debian 12; linux/tls.h as a whole would want more of the kernel's. */
enum {
	TLS_VERSION = 1, /* TLS_INFO_* */
	TLS_CIPHER,
	TLS_TX,
	TLS_RX,
	TLS_ZEROCOPY_TX,
	TLS_NO_PAD_RX,
	TLS_TX_MAX_PAYLOAD,

	TLS_MAJOR = 0x300,

	INFINITE_SSTHRESH = 0x7fffffff, /* include/net/tcp.h, TCP_INFINITE_SSTHRESH */
	TCP_STATE_SYN_SENT = 2,
	TCP_STATE_LISTEN = 10,
	OPTION_WSCALE = 4, /* TCPI_OPT_WSCALE */
};

static void set(struct skt_socket_detail *detail, unsigned int field)
{
	detail->present |= UINT64_C(1) << field;
}

static void set_if(struct skt_socket_detail *detail, unsigned int field, bool known)
{
	detail->present |= (uint64_t)known << field;
}

/* Copies as much of a value as there is and is known; how much, at the most what fits 16 bits. */
static uint16_t take(void *ret, size_t size, const void *value, size_t len)
{
	size_t taken = SKT_MIN(size, len);

	memcpy(ret, value, taken);
	return (uint16_t)taken;
}

/* A name of the kernel's, which may lack its NUL and is cut where it has no room. */
static void take_name(char *ret, size_t size, const char *value, size_t len)
{
	len = strnlen(value, SKT_MIN(len, size - 1));
	memcpy(ret, value, len);
	ret[len] = '\0';
}

/* ---- INET_DIAG_INFO of TCP ---- */

/* What AccECN says, which Linux 7.0 laid out anew. */
static void split_accecn(struct skt_socket_detail *detail, unsigned int kernel)
{
	const struct skt_tcp_info *tcp = &detail->tcp;
	bool packed = kernel >= SKT_KERNEL(7, 0);

	if (detail->tcp_length < SKT_TCP_INFO_UP_TO(accecn))
		return;
	set(detail, SKT_DETAIL_ACCECN);
	set_if(detail, SKT_DETAIL_ECN_MODE, packed);
	if (packed) {
		detail->ecn_mode = tcp->accecn.packed.ecn_mode;
		detail->accecn_opt_seen = tcp->accecn.packed.opt_seen;
		detail->accecn_fail_mode = tcp->accecn.packed.fail_mode;
	} else {
		detail->accecn_opt_seen = (uint8_t)SKT_MIN(tcp->accecn.wide.opt_seen, UINT8_MAX);
		detail->accecn_fail_mode = tcp->accecn.wide.fail_mode;
	}
}

/*
 * Of a listener only rates, cwnd and reordering are told; unacked and sacked are its queues, which
 * are known already (net/ipv4/tcp.c, tcp_get_info()). A number may stand for "none".
 */
static void read_tcp(
	struct skt_socket_detail *detail, unsigned int kernel, const void *value, size_t len)
{
	const struct skt_tcp_info *tcp = &detail->tcp;

	/* Without the bits at its beginning nothing else can be told. */
	if (len < offsetof(struct skt_tcp_info, rto))
		return;
	detail->tcp_length = take(&detail->tcp, sizeof(detail->tcp), value, len);
	set_if(detail, SKT_DETAIL_PACING, tcp->pacing_rate != UINT64_MAX);
	set_if(detail, SKT_DETAIL_MAX_PACING, tcp->max_pacing_rate != UINT64_MAX);
	if (tcp->state == TCP_STATE_LISTEN)
		return;
	set(detail, SKT_DETAIL_CONNECTION);
	/* Before that the times of the last packets are 0, at the start of the machine. */
	set_if(detail, SKT_DETAIL_HEARD, tcp->state != TCP_STATE_SYN_SENT);
	set_if(detail, SKT_DETAIL_RTT, tcp->rtt != 0);
	set_if(detail, SKT_DETAIL_MIN_RTT, tcp->min_rtt != 0 && tcp->min_rtt != UINT32_MAX);
	set_if(detail, SKT_DETAIL_RCV_RTT, tcp->rcv_rtt != 0);
	set_if(detail, SKT_DETAIL_SSTHRESH, tcp->snd_ssthresh < INFINITE_SSTHRESH);
	set_if(detail, SKT_DETAIL_WSCALE, tcp->options & OPTION_WSCALE);
	detail->tcp_options = tcp->options;
	detail->snd_wscale = tcp->snd_wscale;
	detail->rcv_wscale = tcp->rcv_wscale;
	detail->app_limited = tcp->delivery_rate_app_limited;
	detail->fastopen_client_fail = tcp->fastopen_client_fail;
	split_accecn(detail, kernel);
}

/* A listener has all zeros, and no connection is without a token. */
static void read_mptcp(struct skt_socket_detail *detail, const void *value, size_t len)
{
	const uint16_t taken = take(&detail->mptcp, sizeof(detail->mptcp), value, len);

	if (taken >= SKT_MPTCP_INFO_UP_TO(token) && detail->mptcp.token)
		detail->mptcp_length = taken;
}

/* ---- INET_DIAG_ULP_INFO ---- */

/* A number of which a byte is known. */
static uint8_t bounded(unsigned int number)
{
	return (uint8_t)SKT_MIN(number, (unsigned int)UINT8_MAX);
}

static bool read_tls(struct skt_socket_detail *detail, const char *p, size_t len)
{
	struct skt_attribute attr;
	uint16_t number;
	int rc;

	while ((rc = skt_attribute_next(&p, &len, &attr)) > 0) {
		if (attr.type == TLS_ZEROCOPY_TX || attr.type == TLS_NO_PAD_RX) {
			*(attr.type == TLS_ZEROCOPY_TX ? &detail->tls_zerocopy_tx
						       : &detail->tls_no_pad_rx) = true;
			continue;
		}
		if (attr.type < TLS_VERSION || attr.type > TLS_TX_MAX_PAYLOAD)
			continue;
		if (!skt_attribute_get(attr.value, attr.len, &number, sizeof(number)))
			return false;
		switch (attr.type) {
		case TLS_VERSION:
			detail->tls_version = number > TLS_MAJOR ? bounded(number - TLS_MAJOR) : 0;
			break;
		case TLS_CIPHER:
			detail->tls_cipher = bounded(number);
			break;
		case TLS_TX:
			detail->tls_tx = bounded(number);
			break;
		case TLS_RX:
			detail->tls_rx = bounded(number);
			break;
		case TLS_TX_MAX_PAYLOAD:
			detail->tls_tx_max_payload = number;
			set(detail, SKT_DETAIL_TLS_PAYLOAD);
			break;
		}
	}
	set(detail, SKT_DETAIL_TLS);
	return rc == 0;
}

/* Where each attribute of a subflow goes. */
static const struct {
	uint8_t offset, size;
} subflow_fields[] = {
#define SUBFLOW(field) \
	{ \
		offsetof(struct skt_socket_subflow, field), \
			sizeof(((struct skt_socket_subflow *)0)->field) \
	}
	[SKT_SUBFLOW_TOKEN_REMOTE] = SUBFLOW(token_remote),
	[SKT_SUBFLOW_TOKEN_LOCAL] = SUBFLOW(token_local),
	[SKT_SUBFLOW_RELWRITE_SEQ] = SUBFLOW(relwrite_seq),
	[SKT_SUBFLOW_MAP_SEQ] = SUBFLOW(map_seq),
	[SKT_SUBFLOW_MAP_SFSEQ] = SUBFLOW(map_sfseq),
	[SKT_SUBFLOW_SSN_OFFSET] = SUBFLOW(ssn_offset),
	[SKT_SUBFLOW_MAP_DATALEN] = SUBFLOW(map_datalen),
	[SKT_SUBFLOW_FLAGS] = SUBFLOW(flags),
	[SKT_SUBFLOW_ID_REMOTE] = SUBFLOW(id_remote),
	[SKT_SUBFLOW_ID_LOCAL] = SUBFLOW(id_local),
#undef SUBFLOW
};

static bool read_subflow(struct skt_socket_detail *detail, const char *p, size_t len)
{
	struct skt_attribute attr;
	int rc;

	while ((rc = skt_attribute_next(&p, &len, &attr)) > 0) {
		if (!attr.type || attr.type >= SKT_COUNT(subflow_fields))
			continue;
		if (!skt_attribute_get(attr.value, attr.len,
			    (char *)&detail->subflow + subflow_fields[attr.type].offset,
			    subflow_fields[attr.type].size))
			return false;
		set(detail, SKT_DETAIL_SUBFLOW + attr.type);
	}
	return rc == 0;
}

/* The protocol on top of TCP, and what it tells (net/ipv4/tcp_diag.c, tcp_diag_put_ulp()). */
static bool read_ulp(struct skt_socket_detail *detail, const char *p, size_t len)
{
	struct skt_attribute attr;
	int rc;

	while ((rc = skt_attribute_next(&p, &len, &attr)) > 0) {
		bool good = true;

		switch (attr.type) {
		case INET_ULP_INFO_NAME:
			take_name(detail->ulp, sizeof(detail->ulp), attr.value, attr.len);
			break;
		case INET_ULP_INFO_TLS:
			good = read_tls(detail, attr.value, attr.len);
			break;
		case INET_ULP_INFO_MPTCP:
			good = read_subflow(detail, attr.value, attr.len);
			break;
		}
		if (!good)
			return false;
	}
	return rc == 0;
}

/* ---- the rest ---- */

static bool read_bbr(struct skt_socket_detail *detail, const void *value, size_t len)
{
	struct tcp_bbr_info bbr;

	if (!skt_attribute_get(value, len, &bbr, sizeof(bbr)))
		return false;
	detail->bbr.bandwidth = (uint64_t)bbr.bbr_bw_hi << 32 | bbr.bbr_bw_lo;
	detail->bbr.min_rtt = bbr.bbr_min_rtt;
	detail->bbr.pacing_gain = bbr.bbr_pacing_gain;
	detail->bbr.cwnd_gain = bbr.bbr_cwnd_gain;
	set(detail, SKT_DETAIL_BBR);
	return true;
}

/* The compiler that made the kernel and this one lay out bits alike: from the lowest, or not. */
static bool read_options(struct skt_socket_detail *detail, const void *value, size_t len)
{
	uint8_t bytes[2];

	_Static_assert(sizeof(struct inet_diag_sockopt) == sizeof(bytes), "linux/inet_diag.h");
	if (!skt_attribute_get(value, len, bytes, sizeof(bytes)))
		return false;
	for (unsigned int i = 0; i < 16; i++) {
		unsigned int shift = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? i % 8 : 7 - i % 8;

		detail->options |= ((uint32_t)bytes[i / 8] >> shift & 1) << i;
	}
	set(detail, SKT_DETAIL_HAS_OPTIONS);
	return true;
}

/* A value of SIZE bytes, and the bit that says that it came. */
static bool read_value(struct skt_socket_detail *detail, unsigned int field, const void *value,
	size_t len, void *ret, size_t size)
{
	if (!skt_attribute_get(value, len, ret, size))
		return false;
	set(detail, field);
	return true;
}

bool skt_socket_detail_read(struct skt_socket_detail *detail, unsigned int wanted, uint8_t proto,
	unsigned int kernel, unsigned int type, const void *value, size_t len)
{
	switch (type) {
	case INET_DIAG_INFO:
		if (proto == SKT_PROTO_TCP && wanted & SKT_DETAIL_TCP)
			read_tcp(detail, kernel, value, len);
		if (proto == SKT_PROTO_MPTCP && wanted & SKT_DETAIL_TCP)
			read_mptcp(detail, value, len);
		return true;
	case INET_DIAG_ULP_INFO:
		return read_ulp(detail, value, len);
	case INET_DIAG_SKMEMINFO:
		detail->memory_length = take(&detail->memory, sizeof(detail->memory), value, len);
		return true;
	case INET_DIAG_CONG:
		take_name(detail->congestion, sizeof(detail->congestion), value, len);
		return true;
	case INET_DIAG_VEGASINFO:
		return read_value(detail, SKT_DETAIL_VEGAS, value, len, &detail->vegas,
			sizeof(detail->vegas));
	case INET_DIAG_DCTCPINFO:
		return read_value(detail, SKT_DETAIL_DCTCP, value, len, &detail->dctcp,
			sizeof(detail->dctcp));
	case INET_DIAG_BBRINFO:
		return read_bbr(detail, value, len);
	case INET_DIAG_TOS:
		return read_value(
			detail, SKT_DETAIL_HAS_TOS, value, len, &detail->tos, sizeof(detail->tos));
	case INET_DIAG_TCLASS:
		return read_value(detail, SKT_DETAIL_HAS_TCLASS, value, len, &detail->tclass,
			sizeof(detail->tclass));
	case INET_DIAG_CLASS_ID:
		return read_value(detail, SKT_DETAIL_CLASS_ID, value, len, &detail->class_id,
			sizeof(detail->class_id));
	case INET_DIAG_SOCKOPT:
		return !(wanted & SKT_DETAIL_OPTIONS) || read_options(detail, value, len);
	}
	return true;
}
