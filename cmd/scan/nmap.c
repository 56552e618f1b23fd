#include "cmd/scan/nmap.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

/* The states that nmap has no word for. */
static const char *state_text(uint8_t state)
{
	if (state == SKT_SCAN_UNREACHABLE)
		return skt_scan_state_names[SKT_SCAN_FILTERED];
	if (state == SKT_SCAN_ERROR || state == SKT_SCAN_SKIPPED)
		return "unknown";
	return skt_scan_state_names[state];
}

static const char *service_of(const struct scan_report *report, const struct scan_line *line)
{
	if (line->said->service)
		return line->said->service;
	return skt_services_name(report->services, line->result->port,
		report->udp ? SKT_SERVICE_UDP : SKT_SERVICE_TCP);
}

static const char *host_name(struct scan_report *report, const struct skt_scan_result *r)
{
	return r ? scan_report_host(report, r) : NULL;
}

/* The end of the lines that are about the host of the first. */
static size_t end_of_host(const struct scan_line *lines, size_t begin, size_t count)
{
	size_t end = begin;

	while (end < count && lines[end].result->host == lines[begin].result->host)
		end++;
	return end;
}

/* Somebody answered for the host: not merely a router, or nobody. */
static const struct skt_scan_result *sign_of_life(const struct scan_line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (skt_addr_equal(&lines[i].result->from, &lines[i].result->addr))
			return lines[i].result;
	return NULL;
}

/* ---- XML ---- */

/* Control characters have no place in XML 1.0; names, services and words are what strangers choose.
 */
static void add_xml(struct skt_str *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '&')
			skt_str_add_text(out, "&amp;");
		else if (c == '<')
			skt_str_add_text(out, "&lt;");
		else if (c == '"')
			skt_str_add_text(out, "&quot;");
		else
			skt_str_add_char(out, c < 0x20 || c >= 0x7f ? '?' : (char)c);
	}
}

/* Words with blanks or quotes in them are quoted, as nmap quotes them. */
static void add_xml_args(struct skt_str *out, const char *const *argv)
{
	add_xml(out, argv[0], strlen(argv[0]));
	while (*++argv) {
		const bool quoted = !**argv || strpbrk(*argv, " \t\r\n\v\f\"\\");

		skt_str_add_char(out, ' ');
		if (quoted)
			skt_str_add_text(out, "&quot;");
		for (const char *at = *argv; *at; at++) {
			if (quoted && (*at == '"' || *at == '\\'))
				skt_str_add_char(out, '\\');
			add_xml(out, at, 1);
		}
		if (quoted)
			skt_str_add_text(out, "&quot;");
	}
}

static void add_xml_extra(
	struct skt_str *out, const struct scan_line *lines, size_t count, uint8_t state)
{
	uint64_t ports = 0;

	for (size_t i = 0; i < count; i++)
		ports += lines[i].result->state == state ? lines[i].count : 0;
	if (!ports)
		return;
	skt_str_add_format(
		out, "<extraports state=\"%s\" count=\"%" PRIu64 "\">\n", state_text(state), ports);
	for (size_t i = 0; i < count; i++)
		if (lines[i].count && lines[i].result->state == state)
			skt_str_add_format(out,
				"<extrareasons reason=\"%s\" count=\"%" PRIu64 "\"/>\n",
				skt_scan_reason_names[lines[i].result->reason], lines[i].count);
	skt_str_add_text(out, "</extraports>\n");
}

static void add_xml_attribute(struct skt_str *out, const char *name, const struct skt_bytes *text)
{
	if (!text->len)
		return;
	skt_str_add_format(out, "\" %s=\"", name);
	add_xml(out, text->data, text->len);
}

/* The words stand where nmap's own script of that name puts them. */
static void add_xml_service(
	struct skt_str *out, const struct scan_report *report, const struct scan_line *line)
{
	const char *service = service_of(report, line);
	const struct skt_bytes *texts = line->said->texts;

	if (service) {
		skt_str_add_text(out, "<service name=\"");
		add_xml(out, service, strlen(service));
		add_xml_attribute(out, "product", &texts[SCAN_PRODUCT]);
		add_xml_attribute(out, "version", &texts[SCAN_VERSION]);
		add_xml_attribute(out, "extrainfo", &texts[SCAN_EXTRA]);
		if (texts[SCAN_TLS].len)
			skt_str_add_text(out, "\" tunnel=\"ssl");
		skt_str_add_text(out,
			line->said->service ? "\" method=\"probed\" conf=\"10\"/>"
					    : "\" method=\"table\" conf=\"3\"/>");
	}
	if (texts[SCAN_WORDS].len) {
		skt_str_add_text(out, "<script id=\"banner\" output=\"");
		add_xml(out, texts[SCAN_WORDS].data, texts[SCAN_WORDS].len);
		skt_str_add_text(out, "\"/>");
	}
}

static void add_xml_port(
	struct skt_str *out, const struct scan_report *report, const struct scan_line *line)
{
	const struct skt_scan_result *r = line->result;
	char from[SKT_ADDR_TEXT_MAX];

	skt_str_add_format(out,
		"<port protocol=\"%s\" portid=\"%u\"><state state=\"%s\" reason=\"%s\" "
		"reason_ttl=\"%u\"",
		report->udp ? "udp" : "tcp", r->port, state_text(r->state),
		skt_scan_reason_names[r->reason], r->ttl);
	if (r->from.family != AF_UNSPEC && !skt_addr_equal(&r->from, &r->addr))
		skt_str_add_format(out, " reason_ip=\"%s\"", skt_addr_text(&r->from, from));
	skt_str_add_text(out, "/>");
	add_xml_service(out, report, line);
	skt_str_add_text(out, "</port>\n");
}

static void add_xml_host(struct scan_report *report, const struct scan_line *lines, size_t count)
{
	const struct skt_scan_result *first = lines[0].result, *alive = sign_of_life(lines, count);
	struct skt_str *out = &report->sink->pending;
	const char *name = host_name(report, first);
	char addr[SKT_ADDR_TEXT_MAX];

	skt_str_add_format(out, "<host><status state=\"%s\" reason=\"%s\" reason_ttl=\"%u\"/>\n",
		alive ? "up" : "unknown", skt_scan_reason_names[(alive ? alive : first)->reason],
		alive ? alive->ttl : 0);
	skt_str_add_format(out, "<address addr=\"%s\" addrtype=\"%s\"/>\n<hostnames>",
		skt_addr_text(&first->addr, addr), first->addr.family == AF_INET ? "ipv4" : "ipv6");
	if (name) {
		skt_str_add_text(out, "<hostname name=\"");
		add_xml(out, name, strlen(name));
		skt_str_add_format(out, "\" type=\"%s\"/>", first->label ? "user" : "PTR");
	}
	skt_str_add_text(out, "</hostnames>\n<ports>");
	for (uint8_t state = 0; state < SKT_SCAN_STATES; state++)
		add_xml_extra(out, lines, count, state);
	for (size_t i = 0; i < count; i++)
		if (!lines[i].count)
			add_xml_port(out, report, &lines[i]);
	skt_str_add_text(out, "</ports>\n</host>\n");
	skt_sink_settle(report->sink);
}

void scan_write_xml(struct scan_report *report, const struct scan_line *lines, size_t count)
{
	static const char *const types[] = {
		[SKT_SCAN_CONNECT] = "connect", [SKT_SCAN_SYN] = "syn", [SKT_SCAN_UDP] = "udp"};
	struct skt_str *out = &report->sink->pending;
	uint64_t now = skt_clock_real_ns() / SKT_NS_PER_SEC;
	uint64_t seconds = report->stats->elapsed_ns / SKT_NS_PER_SEC;
	size_t hosts = 0, up = 0;

	skt_str_add_text(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n"
		"<nmaprun scanner=\"nmap\" args=\"");
	add_xml_args(out, report->argv);
	skt_str_add_format(out,
		"\" start=\"%" PRIu64 "\" version=\"sockkit-%s\" xmloutputversion=\"1.05\">\n"
		"<scaninfo type=\"%s\" protocol=\"%s\" numservices=\"%u\" services=\"\"/>\n"
		"<verbose level=\"0\"/>\n<debugging level=\"0\"/>\n",
		now - seconds, SKT_VERSION, types[report->method], report->udp ? "udp" : "tcp",
		report->ports);
	for (size_t i = 0, end; i < count; i = end) {
		end = end_of_host(lines, i, count);
		hosts++;
		up += sign_of_life(lines + i, end - i) != NULL;
		add_xml_host(report, lines + i, end - i);
	}
	skt_str_add_format(out,
		"<runstats><finished time=\"%" PRIu64 "\" elapsed=\"%.2f\" exit=\"%s\"/>"
		"<hosts up=\"%zu\" down=\"%zu\" total=\"%zu\"/>\n</runstats>\n</nmaprun>\n",
		now, (double)report->stats->elapsed_ns / 1e9,
		report->stats->complete ? "success" : "error", up, hosts - up, hosts);
}

/* ---- grepable ---- */

/* What separates ports and their fields, and what is not plain text, has no place in a field. */
static void add_grepable(struct skt_str *out, const struct skt_bytes *words)
{
	for (size_t i = 0; i < words->len; i++) {
		unsigned char c = (unsigned char)words->data[i];

		if (c < 0x20 || c >= 0x7f)
			c = '?';
		skt_str_add_char(out, c == '/' ? '|' : c == ',' ? ';' : (char)c);
	}
}

/* As nmap writes it: product, version and, in brackets, the rest; or the words. */
static void add_grepable_version(struct skt_str *out, const struct scan_said *said)
{
	const struct skt_bytes *texts = said->texts;

	if (!texts[SCAN_PRODUCT].len) {
		add_grepable(out, &texts[SCAN_WORDS]);
		return;
	}
	add_grepable(out, &texts[SCAN_PRODUCT]);
	if (texts[SCAN_VERSION].len)
		skt_str_add_char(out, ' ');
	add_grepable(out, &texts[SCAN_VERSION]);
	if (!texts[SCAN_EXTRA].len)
		return;
	skt_str_add_text(out, " (");
	add_grepable(out, &texts[SCAN_EXTRA]);
	skt_str_add_char(out, ')');
}

static void add_grepable_host(
	struct scan_report *report, const struct scan_line *lines, size_t count)
{
	const struct skt_scan_result *first = lines[0].result;
	struct skt_str *out = &report->sink->pending;
	const char *name = host_name(report, first), *between = "\tPorts: ";
	char addr[SKT_ADDR_TEXT_MAX];

	skt_str_add_format(
		out, "Host: %s (%s)", skt_addr_text(&first->addr, addr), name ? name : "");
	for (size_t i = 0; i < count; i++) {
		const struct skt_scan_result *r = lines[i].result;
		const char *service;

		if (lines[i].count || !r)
			continue;
		service = service_of(report, &lines[i]);
		skt_str_add_format(out, "%s%u/%s/%s//%s%s//", between, r->port,
			state_text(r->state), report->udp ? "udp" : "tcp",
			lines[i].said->texts[SCAN_TLS].len ? "ssl|" : "", service ? service : "");
		add_grepable_version(out, lines[i].said);
		skt_str_add_char(out, '/');
		between = ", ";
	}
	between = "\tIgnored State: ";
	for (size_t i = 0; i < count; i++) {
		const struct skt_scan_result *r = lines[i].result;

		if (!lines[i].count || !r)
			continue;
		skt_str_add_format(
			out, "%s%s (%" PRIu64 ")", between, state_text(r->state), lines[i].count);
		between = ", ";
	}
	skt_str_add_char(out, '\n');
	skt_sink_settle(report->sink);
}

void scan_write_grepable(struct scan_report *report, const struct scan_line *lines, size_t count)
{
	struct skt_str *out = &report->sink->pending;

	skt_str_add_format(out, "# sockkit %s scan\n", SKT_VERSION);
	for (size_t i = 0, end; i < count; i = end) {
		char addr[SKT_ADDR_TEXT_MAX];

		end = end_of_host(lines, i, count);
		if (sign_of_life(lines + i, end - i))
			skt_str_add_format(out, "Host: %s ()\tStatus: Up\n",
				skt_addr_text(&lines[i].result->addr, addr));
		add_grepable_host(report, lines + i, end - i);
	}
	skt_str_add_format(
		out, "# sockkit done -- %.2f seconds\n", (double)report->stats->elapsed_ns / 1e9);
}
