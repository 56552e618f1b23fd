/*
 * The readers of read.h, by their protocols. Each returns whether the answer has the form of its
 * protocol, and sets in *RET, which is empty before, what the answer gives away.
 */
#ifndef SKT_SERVICE_READERS_H
#define SKT_SERVICE_READERS_H

#include "service/answer.h"
#include "service/identity.h"

/* text.c: who speaks in lines: SSH, SMTP, FTP, POP3, IMAP, VNC, ... */
bool skt_read_ssh(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_text(const struct skt_answer *answer, struct skt_identity *ret);

/* http.c: HTTP, and what is served by it */
bool skt_read_http(const struct skt_answer *answer, struct skt_identity *ret);

/* Whether a response is there to its end, as far as its header tells that. */
bool skt_http_is_complete(const struct skt_answer *answer);

/* database.c */
bool skt_read_mysql(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_postgresql(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_mongodb(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_redis(const struct skt_answer *answer, struct skt_identity *ret);

/* directory.c: LDAP and SNMP, which are both written in BER */
bool skt_read_ldap(const struct skt_answer *answer, struct skt_identity *ret);
/* Whether the first message, which it is, is whole. */
bool skt_ldap_is_complete(const struct skt_answer *answer);
bool skt_read_snmp(const struct skt_answer *answer, struct skt_identity *ret);

/* network.c: what networks are run with */
bool skt_read_dns(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_ntp(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_rpcbind(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_datagram(const struct skt_answer *answer, struct skt_identity *ret);

/* message.c: AMQP, MQTT, and iperf3's one byte */
bool skt_read_amqp(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_mqtt(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_iperf3(const struct skt_answer *answer, struct skt_identity *ret);

/* desktop.c: RDP, SMB */
bool skt_read_rdp(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_smb(const struct skt_answer *answer, struct skt_identity *ret);
bool skt_read_telnet(const struct skt_answer *answer, struct skt_identity *ret);

/* hello.c: TLS, in the clear */
bool skt_read_tls(const struct skt_answer *answer, struct skt_identity *ret);

#endif
