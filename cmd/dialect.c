#include "cmd/dialect.h"

#include <stdbool.h>
#include <string.h>

const struct skt_dialect skt_dialects[] = {
	/* programs */
	{NULL, "nc", "netcat", "sockkit connect HOST PORT; for nc -l: sockkit listen PORT", NULL},
	{NULL, "ncat", "nmap", "sockkit connect HOST PORT; for ncat -l: sockkit listen PORT", NULL},
	{NULL, "netcat", "netcat", "sockkit connect HOST PORT; for netcat -l: sockkit listen PORT",
		NULL},
	{NULL, "telnet", "telnet", "sockkit connect HOST PORT", NULL},
	{NULL, "socat", "socat", "sockkit connect and sockkit listen", NULL},
	{NULL, "ss", "iproute2", "sockkit sockets, with the same options and filters", NULL},
	{NULL, "netstat", "net-tools", "sockkit sockets; for netstat -tulpn: sockkit ports", NULL},
	{NULL, "lsof", "lsof", "sockkit ports PORT, or sockkit sockets", NULL},
	{NULL, "fuser", "psmisc", "sockkit ports PORT; for fuser -k: sockkit ports --kill PORT",
		NULL},
	{NULL, "kill", "kill-port", "sockkit ports --kill PORT, or sockkit sockets --kill FILTER",
		NULL},
	{NULL, "nmap", "nmap", "sockkit scan HOST -p PORTS", NULL},
	{NULL, "masscan", "masscan", "sockkit scan --rate=RATE HOST -p PORTS", NULL},
	{NULL, "iperf", "iperf", "sockkit udpsend and sockkit udprecv --stats", NULL},
	{NULL, "iperf3", "iperf3",
		"sockkit udpsend and sockkit udprecv --stats, which speak iperf 2", NULL},
	{NULL, "tcping", "tcping", "sockkit connect --probe HOST PORT", NULL},
	{NULL, "ping", "tcping", "sockkit connect --probe HOST PORT", NULL},
	{NULL, "wait", "wait-for-it", "sockkit connect --probe --wait HOST PORT", NULL},
	{NULL, "tour", "sockkit", "man sockkit-tour", NULL},
	{NULL, "version", "sockkit", "sockkit --version", NULL},
	{NULL, "server", "sockkit", "sockkit listen PORT", NULL},
	{NULL, "client", "sockkit", "sockkit connect HOST PORT", NULL},

	/* connect */
	{"connect", "-l", "nc", "a command of its own, sockkit listen PORT", NULL},
	{"connect", "-N", "nc", "nothing to ask for: the end of stdin is told to the other side",
		""},
	{"connect", "-q N", "nc", "--linger=DURATION", "--linger=1s"},
	{"connect", "-d", "nc", "--recv-only", "--recv-only"},
	{"connect", "-p", "nc", "--source=:PORT", "--source=:1"},
	{"connect", "-U", "nc", "the endpoint unix:PATH", "unix:/x"},
	{"connect", "-x", "nc", "not to be had: there are no proxies; for ncat's: --dump=hex",
		"--dump=hex"},
	{"connect", "-X", "nc", "not to be had: there are no proxies", NULL},
	{"connect", "-T", "nc", "not to be had for streams; udpsend has --dscp", NULL},
	{"connect", "-o", "ncat", "--record=FILE, or --dump=hex to look on", "--record=x"},
	{"connect", "--ssl", "ncat", "not to be had yet", NULL},
	{"connect", "--ssl*", "ncat", "not to be had yet", NULL},
	{"connect", "--proxy*", "ncat", "not to be had: there are no proxies", NULL},
	{"connect", "--sh-exec*", "ncat", "--exec='sh -c COMMAND'", "--exec=sh"},
	{"connect", "--no-shutdown", "ncat", "--no-half-close", "--no-half-close"},
	{"connect", "--close-on-eof", "ncat", "--end-with-peer", "--end-with-peer"},
	{"connect", "tcp://*", "curl", "HOST PORT, or HOST:PORT", "localhost 1"},
	{"connect", "TCP:*", "socat", "HOST PORT, or HOST:PORT", "localhost 1"},
	{"connect", "tcp:*", "socat", "HOST PORT, or HOST:PORT", "localhost 1"},
	{"connect", "TCP4:*", "socat", "-4 HOST PORT", "-4 localhost 1"},
	{"connect", "TCP6:*", "socat", "-6 HOST PORT", "-6 localhost 1"},
	{"connect", "TCP-CONNECT:*", "socat", "HOST PORT, or HOST:PORT", "localhost 1"},
	{"connect", "UDP:*", "socat", "a command of its own, sockkit udpsend HOST PORT", NULL},
	{"connect", "UNIX:*", "socat", "unix:PATH", "unix:/x"},
	{"connect", "UNIX-CONNECT:*", "socat", "unix:PATH", "unix:/x"},
	{"connect", "ABSTRACT-CONNECT:*", "socat", "unix:@NAME", "unix:@x"},
	{"connect", "VSOCK-CONNECT:*", "socat", "vsock:CID:PORT", "vsock:2:1"},
	{"connect", "EXEC:*", "socat", "--exec=COMMAND", "--exec=cat"},
	{"connect", "SYSTEM:*", "socat", "--exec='sh -c COMMAND'", "--exec=sh"},
	{"connect", "OPENSSL:*", "socat", "not to be had yet", NULL},
	{"connect", "http://*", "curl", "HOST 80: a connection, no HTTP", "localhost 80"},
	{"connect", "https://*", "curl", "HOST 443: a connection, no HTTP and no TLS yet",
		"localhost 443"},
	{"connect", "--retry*", "curl", "--wait=DURATION", "--wait=1s"},

	/* listen */
	{"listen", "-l", "nc", "left out: listen PORT", "4444"},
	{"listen", "-p", "nc", "the argument: listen PORT", "4444"},
	{"listen", "-s", "nc", "the argument: listen ADDRESS PORT, or ADDRESS:PORT",
		"127.0.0.1:4444"},
	{"listen", "-n", "nc", "left out: addresses are shown as numbers", "4444"},
	{"listen", "-N", "nc", "nothing to ask for: the end of stdin is told to the other side",
		""},
	{"listen", "-u", "nc", "a command of its own, sockkit udprecv PORT", NULL},
	{"listen", "-U", "nc", "the endpoint unix:PATH", "unix:/x"},
	{"listen", "-d", "nc", "--recv-only", "--recv-only"},
	{"listen", "-c", "ncat", "--sh=COMMAND", "--sh=cat"},
	{"listen", "-m", "ncat", "--max-clients=COUNT", "--max-clients=1"},
	{"listen", "-i", "ncat", "--idle-timeout=DURATION", "--idle-timeout=1s"},
	{"listen", "-w", "nc", "--idle-timeout=DURATION", "--idle-timeout=1s"},
	{"listen", "-o", "ncat", "--record=DIR, or --dump=hex to look on", "--record=x"},
	{"listen", "-x", "ncat", "--dump=hex", "--dump=hex"},
	{"listen", "--chat", "ncat", "--broadcast --label", "--broadcast --label"},
	{"listen", "--max-conns*", "ncat", "--max-clients=COUNT", "--max-clients=1"},
	{"listen", "--allowfile*", "ncat", "--allow=@FILE", NULL},
	{"listen", "--denyfile*", "ncat", "--deny=@FILE", NULL},
	{"listen", "--no-shutdown", "ncat", "--no-half-close", "--no-half-close"},
	{"listen", "--ssl*", "ncat", "not to be had yet", NULL},
	{"listen", "TCP-LISTEN:*", "socat", "PORT, with -k for fork", "-k 4444"},
	{"listen", "TCP4-LISTEN:*", "socat", "-4 PORT, with -k for fork", "-4 -k 4444"},
	{"listen", "TCP6-LISTEN:*", "socat", "-6 PORT, with -k for fork", "-6 -k 4444"},
	{"listen", "UNIX-LISTEN:*", "socat", "unix:PATH, with -k for fork", "-k unix:/x"},
	{"listen", "ABSTRACT-LISTEN:*", "socat", "unix:@NAME, with -k for fork", "-k unix:@x"},
	{"listen", "VSOCK-LISTEN:*", "socat", "vsock:any:PORT", NULL},
	{"listen", "TCP:*", "socat", "--forward=HOST:PORT", "--forward=localhost:1"},
	{"listen", "EXEC:*", "socat", "--exec=COMMAND", "--exec=cat"},
	{"listen", "SYSTEM:*", "socat", "--sh=COMMAND", "--sh=cat"},
	{"listen", "OPENSSL-LISTEN:*", "socat", "not to be had yet", NULL},

	/* scan */
	{"scan", "-sS", "nmap", "--method=syn", "--method=syn"},
	{"scan", "-sT", "nmap", "--method=connect", "--method=connect"},
	{"scan", "-sU", "nmap", "--udp", "--udp"},
	{"scan", "-sV", "nmap", "--service", "--service"},
	{"scan", "-sC", "nmap", "not to be had: there are no scripts", NULL},
	{"scan", "-Pn", "nmap", "left out: hosts are not asked first", ""},
	{"scan", "-PN", "nmap", "left out: hosts are not asked first", ""},
	{"scan", "-iL", "nmap", "the target @FILE", "@/dev/null"},
	{"scan", "-oX", "nmap", "--format=xml >FILE", "--format=xml"},
	{"scan", "-oG", "nmap", "--format=grepable >FILE", "--format=grepable"},
	{"scan", "-oN", "nmap", ">FILE", ""},
	{"scan", "-oA", "nmap", "one --format and >FILE", ""},
	{"scan", "-A", "nmap", "--service; systems are not guessed", "--service"},
	{"scan", "-O", "nmap", "not to be had: systems are not guessed", NULL},
	{"scan", "-F", "nmap", "--top=100, which is the default", "--top=100"},
	{"scan", "-T0", "nmap", "--rate=RATE", "--rate=1"},
	{"scan", "-T1", "nmap", "--rate=RATE", "--rate=1"},
	{"scan", "-T2", "nmap", "--rate=RATE", "--rate=1"},
	{"scan", "-T3", "nmap", "left out: the pace follows the network", ""},
	{"scan", "-T4", "nmap", "left out: the pace follows the network", ""},
	{"scan", "-T5", "nmap", "left out: the pace follows the network", ""},
	{"scan", "-e", "nmap", "--interface=IFACE", "--interface=lo"},
	{"scan", "-S", "nmap", "--source=ADDR", "--source=127.0.0.1"},
	{"scan", "-v", "nmap", "left out: the accounts are told in any case", ""},
	{"scan", "-z", "nc", "left out: scan does nothing else", ""},
	{"scan", "--top-ports*", "nmap", "--top=COUNT", "--top=10"},
	{"scan", "--min-rate*", "nmap",
		"left out: the pace follows the network; --rate is the most", ""},
	{"scan", "--max-rate*", "nmap", "--rate=RATE", "--rate=1"},
	{"scan", "--max-retries*", "nmap", "--retries=COUNT", "--retries=1"},
	{"scan", "--host-timeout*", "nmap", "--max-time=DURATION, for all", "--max-time=1s"},
	{"scan", "--excludefile*", "nmap", "--exclude=@FILE", NULL},
	{"scan", "--randomize-hosts", "nmap", "left out: the order is always random", ""},
	{"scan", "--reason", "nmap", "left out: the reason is always told", ""},
	{"scan", "--script*", "nmap", "not to be had: there are no scripts", NULL},

	/* udpsend, udprecv */
	{"udpsend", "-u", "iperf, nc", "left out: it is UDP", "localhost 1"},
	{"udpsend", "-b", "iperf", "--rate=RATE", "--rate=1Mbit"},
	{"udpsend", "-l", "iperf", "--size=SIZE", "--size=100"},
	{"udpsend", "-t", "iperf", "--duration=DURATION", "--duration=1s"},
	{"udpsend", "-p", "iperf", "the argument: udpsend HOST PORT", "localhost 1"},
	{"udpsend", "-w", "nc", "--reply=DURATION", "--reply=1s"},
	{"udpsend", "-S", "iperf", "--dscp=DSCP", "--dscp=1"},
	{"udpsend", "-T", "iperf", "--ttl=TTL", "--ttl=1"},
	{"udpsend", "-B", "iperf", "--source=ADDR", "--source=127.0.0.1"},
	{"udpsend", "udp://*", "curl", "HOST PORT, or HOST:PORT", "localhost 1"},
	{"udpsend", "UDP:*", "socat", "HOST PORT, or HOST:PORT", "localhost 1"},
	{"udpsend", "UDP-SENDTO:*", "socat", "HOST PORT, or HOST:PORT", "localhost 1"},
	{"udpsend", "UDP-DATAGRAM:*", "socat", "HOST PORT, with --broadcast or a group",
		"localhost 1"},
	{"udprecv", "-l", "nc", "left out: udprecv PORT", "1"},
	{"udprecv", "-s", "iperf", "left out; --stats counts: udprecv --stats PORT", "--stats 1"},
	{"udprecv", "-p", "iperf, nc", "the argument: udprecv PORT", "1"},
	{"udprecv", "-u", "iperf, nc", "left out: it is UDP", "1"},
	{"udprecv", "-i", "iperf", "--stats=DURATION", "--stats=1s"},
	{"udprecv", "-B", "iperf", "the argument: udprecv ADDRESS:PORT; for groups --join=GROUP",
		"127.0.0.1:1"},
	{"udprecv", "-w", "iperf", "--buffer=SIZE", "--buffer=1000"},
	{"udprecv", "-k", "nc", "left out: all senders are heard", "1"},
	{"udprecv", "UDP-RECV:*", "socat", "PORT", "1"},
	{"udprecv", "UDP-LISTEN:*", "socat", "PORT", "1"},
	{"udprecv", "UDP-RECVFROM:*", "socat", "PORT", "1"},

	/* ports, sockets */
	{"ports", "-i", "lsof", "the argument: ports PORT", "80"},
	{"ports", "-P", "lsof", "left out: ports are shown as numbers", ""},
	{"ports", "-a", "netstat", "a command of its own, sockkit sockets", NULL},
	{"ports", "-k", "fuser", "--kill", "--kill 80"},
	{"ports", "-9", "kill", "--kill=KILL", "--kill=KILL 80"},
	{"ports", "-s", "lsof", "left out: ports shows listeners only", ""},
	{"ports", "-x", "ss", "a command of its own, sockkit sockets -xl", NULL},
	{"sockets", "-f inet", "ss", "-A inet", "-A inet"},
	{"sockets", "-f inet6", "ss", "-6", "-6"},
	{"sockets", "-f unix", "ss", "-x", "-x"},
	{"sockets", "-f link", "ss", "-0", "-0"},
	{"sockets", "-f netlink", "ss", "--netlink", "--netlink"},
	{"sockets", "-f vsock", "ss", "--vsock", "--vsock"},
	{"sockets", "-O", "ss", "left out: a socket is one line", ""},
	{"sockets", "-B", "ss", "the filter state bound-inactive", "state bound-inactive"},
	{"sockets", "-E", "ss", "--follow", "--follow"},
	{"sockets", "-D", "ss", "--format=json >FILE", "--format=json"},
	{"sockets", "-b", "ss", "-0 -c all", "-0 -c all"},
	{"sockets", "-P", "lsof", "left out: ports are shown as numbers", ""},
	{"sockets", "--events", "ss", "--follow", "--follow"},
	{"sockets", "--cgroup", "ss", "-c +cgroup", "-c +cgroup"},
	{"sockets", "--tos", "ss", "-c +tos,tclass", "-c +tos,tclass"},
	{"sockets", "--oneline", "ss", "left out: a socket is one line", ""},
	{"sockets", "--no-queues", "ss", "-c -recv_queue,send_queue", "-c -recv_queue,send_queue"},
	{"sockets", "--inet-sockopt", "ss", "-c +socket_options", "-c +socket_options"},
	{"sockets", "--bpf", "ss", "-0 -c all", "-0 -c all"},
	{"sockets", "-c help", "ps", "see man sockkit-sockets, COLUMNS", NULL},
	{0},
};

const struct skt_dialect *skt_dialect_command(const char *name)
{
	for (const struct skt_dialect *d = skt_dialects; d->word; d++)
		if (!d->command && strcmp(d->word, name) == 0)
			return d;
	return NULL;
}

static bool is_letter(const char *word)
{
	return word[0] == '-' && word[1] && !word[2];
}

const struct skt_dialect *skt_dialect_letter(const char *command, char letter)
{
	for (const struct skt_dialect *d = skt_dialects; d->word; d++)
		if (d->command && strcmp(d->command, command) == 0 && is_letter(d->word) &&
			d->word[1] == letter)
			return d;
	return NULL;
}

static bool is_number(const char *word)
{
	size_t digits = strspn(word, "0123456789");

	return digits && !word[digits];
}

/* How many of the COUNT words at ARGV the PATTERN is; 0: none. */
static int match(const char *pattern, int count, char *const *argv)
{
	const char *second = strchr(pattern, ' ');
	size_t len = second ? (size_t)(second - pattern) : strlen(pattern);

	if (!second && pattern[len - 1] == '*')
		return strncmp(argv[0], pattern, len - 1) == 0;
	if (strncmp(argv[0], pattern, len) != 0 || argv[0][len])
		return 0;
	if (!second)
		return 1;
	if (count < 2)
		return 0;
	second++;
	return strcmp(second, "N") == 0 ? 2 * is_number(argv[1]) : 2 * !strcmp(second, argv[1]);
}

const struct skt_dialect *skt_dialect_find(
	const char *command, int argc, char *const *argv, int *ret_at, int *ret_words)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		for (const struct skt_dialect *d = skt_dialects; d->word; d++) {
			if (!d->command || strcmp(d->command, command) != 0 || is_letter(d->word))
				continue;
			*ret_at = i;
			*ret_words = match(d->word, argc - i, argv + i);
			if (*ret_words)
				return d;
		}
	}
	return NULL;
}
