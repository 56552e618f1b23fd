/* What the kernel tells of a socket as a list (skt_socket.list), as text. */
#ifndef SKT_DIAG_SOCKET_LIST_H
#define SKT_DIAG_SOCKET_LIST_H

#include "base/str.h"
#include "diag/socket.h"

/*
 * Appends the filter of a packet socket, an array of struct sock_filter (linux/filter.h), in the
 * form that nfbpf_compile(8) writes and tc-bpf(8) and xt_bpf read: the number of instructions, and
 * behind commas `CODE JT JF K` of each. Nothing where it has none.
 */
void skt_socket_list_add_bpf(const struct skt_socket *socket, struct skt_str *out);

/*
 * Appends for whom a TCP socket has a key of RFC 2385, an array of struct tcp_diag_md5sig
 * (linux/tcp.h): ADDRESS/LENGTH, joined by commas. The keys are secrets, and never read.
 */
void skt_socket_list_add_md5(const struct skt_socket *socket, struct skt_str *out);

#endif
