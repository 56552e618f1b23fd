/*
 * What files of a host say of ports: units of systemd, and net.ipv4.* of sysctl. The first three
 * bytes are what is asked for, and the port.
 */
#include <ctype.h>

#include "cmd/ports/socket_unit.h"
#include "proc/local_ports.h"
#include "tests/fuzz/fuzz.h"

/* Whether a line LINE of LEN bytes is KEY, a `=`, and something that ends in PORT. */
static bool says(const char *line, size_t len, const char *key, uint16_t port)
{
	size_t at = strlen(key);
	unsigned int number = 0;
	size_t digits;

	if (len < at || memcmp(line, key, at) != 0)
		return false;
	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (at == len || line[at++] != '=')
		return false;
	while (len > at && strchr(" \t\r", line[len - 1]) && line[len - 1])
		len--;
	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	for (digits = 0; digits < len - at && isdigit((unsigned char)line[len - 1 - digits]);)
		digits++;
	if (!digits || digits > 7 || (digits < len - at && line[len - 1 - digits] != ':'))
		return false;
	for (size_t i = len - digits; i < len; i++)
		number = number * 10 + (unsigned int)(line[i] - '0');
	return number == port;
}

static void check_unit(const char *text, size_t len, bool udp, uint16_t port)
{
	const char *key = udp ? "ListenDatagram" : "ListenStream", *line = text;
	bool found = false;

	for (const char *end = text + len, *newline; line < end && !found; line = newline + 1) {
		newline = memchr(line, '\n', (size_t)(end - line));
		newline = newline ? newline : end;
		found = port && says(line, (size_t)(newline - line), key, port);
	}
	if (skt_socket_unit_listens(text, len, udp ? SKT_PROTO_UDP : SKT_PROTO_TCP, port) != found)
		abort();
}

/* The three files, one behind the other with a newline between. */
static void check_sysctl(char *text, uint16_t port)
{
	char *texts[SKT_LOCAL_PORTS_FILES] = {text};
	struct skt_local_ports ports;

	for (size_t i = 1; texts[i - 1] && i < SKT_LOCAL_PORTS_FILES; i++) {
		texts[i] = strchr(texts[i - 1], '\n');
		if (texts[i])
			*texts[i]++ = '\0';
	}
	skt_local_ports_parse(texts, &ports);
	if (ports.unprivileged_start > 65536 ||
		(!ports.ephemeral_known && ports.ephemeral_low != 32768) ||
		(skt_local_ports_ephemeral(&ports, port) &&
			(port < ports.ephemeral_low || port > ports.ephemeral_high)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint8_t how = fuzz_byte(&input);
	uint16_t port = fuzz_short(&input);
	char *text = fuzz_text(input.data, input.size);

	if (how & 1)
		check_unit(text, input.size, how & 2, port);
	else
		check_sysctl(text, port);
	free(text);
	return 0;
}
