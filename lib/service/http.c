#include <string.h>

#include "base/macros.h"
#include "service/pattern.h"
#include "service/probe.h"
#include "service/readers.h"

enum { LINE_MAX_LEN = 1024 };

/* Where TEXT, a literal, is in PART; NULL: nowhere. */
static const char *find(const struct skt_pattern_part *part, const char *text)
{
	return part->len ? memmem(part->text, part->len, text, strlen(text)) : NULL;
}

/* A response in its parts (RFC 9112 2.1). */
struct response {
	struct skt_pattern_part status, fields, body;
	bool has_body; /* the header has ended; what is behind it may be empty */
};

static bool split(const struct skt_answer *answer, struct response *ret)
{
	const char *text = (const char *)answer->bytes, *end = text + answer->size;
	const char *line_end, *body;

	if (answer->size < 12 || memcmp(text, "HTTP/", 5) != 0)
		return false;
	line_end = memchr(text, '\n', answer->size);
	line_end = line_end ? line_end : end;
	ret->status = (struct skt_pattern_part){text, (size_t)(line_end - text)};
	body = memmem(text, answer->size, "\r\n\r\n", 4);
	body = body ? body + 4 : memmem(line_end, (size_t)(end - line_end), "\n\n", 2);
	ret->has_body = body != NULL;
	body = body ? body : end;
	ret->fields = (struct skt_pattern_part){line_end, (size_t)(body - line_end)};
	ret->body = (struct skt_pattern_part){body, (size_t)(end - body)};
	return true;
}

/* The value of the first header field that PATTERN, which names it, fits. */
static bool field(
	const struct response *response, const char *pattern, struct skt_pattern_match *ret)
{
	return skt_pattern_finds(pattern, response->fields.text, response->fields.len, ret);
}

static void set(struct skt_identity_text *text, const struct skt_pattern_part *part)
{
	if (part->text)
		skt_identity_set(text, part->text, part->len);
}

/* RFC 9110 10.2.4: product/version (comment) ...; some write it otherwise. */
static void read_server(const struct response *response, struct skt_identity *ret)
{
	static const char *const patterns[] = {"Server: %w/%v %e", "Server: %w/%v%$",
		"Server: %w(%v)%e", "Server: %w/%v%e", "Server: %w %v%$", "Server: %w%$"};
	struct skt_pattern_match match;

	if (!field(response, "Server: %e", &match) || !match.extra.len)
		return;
	skt_identity_add(&ret->words, "", match.extra.text, match.extra.len);
	set(&ret->product, &match.extra);
	for (size_t i = 0; i < SKT_COUNT(patterns); i++) {
		if (!field(response, patterns[i], &match))
			continue;
		set(&ret->product, &match.word);
		set(&ret->version, &match.version);
		set(&ret->extra, &match.extra);
		return;
	}
}

/* ---- what is served ---- */

/* The text that KEY, with its quotes, has in JSON; of more than one the first. */
static bool json(
	const struct skt_pattern_part *body, const char *key, struct skt_identity_text *ret)
{
	const char *at = find(body, key), *end = body->text + body->len, *close;

	if (!at)
		return false;
	at += strlen(key);
	while (at < end && (*at == ' ' || *at == ':' || *at == '\n' || *at == '\r'))
		at++;
	if (at == end || *at++ != '"')
		return false;
	close = memchr(at, '"', (size_t)(end - at));
	if (!close)
		return false;
	skt_identity_set(ret, at, (size_t)(close - at));
	return ret->len > 0;
}

struct page {
	const char *sign;    /* in the body, or NULL: */
	const char *pattern; /* of a header field */
	const char *service; /* NULL: it stays http */
	const char *product;
	const char *version; /* key of JSON, or what is in front of the version; NULL: none */
	uint8_t follow;      /* enum skt_probe_id, where there is no version */
};

static const struct page pages[] = {
	{"plain HTTP request was sent to HTTPS port", NULL, "https", NULL, NULL, SKT_PROBE_TLS},
	{"speaking plain HTTP to an SSL-enabled", NULL, "https", NULL, NULL, SKT_PROBE_TLS},
	{"Client sent an HTTP request to an HTTPS server", NULL, "https", NULL, NULL,
		SKT_PROBE_TLS},
	{"requires TLS", NULL, "https", NULL, NULL, SKT_PROBE_TLS},
	{"trying to access MongoDB over HTTP", NULL, "mongodb", "MongoDB", NULL, SKT_PROBE_MONGODB},
	{"opensearch", NULL, "elasticsearch", "OpenSearch", "\"number\"", 0},
	{"You Know, for Search", NULL, "elasticsearch", "Elasticsearch", "\"number\"", 0},
	{"\"couchdb\":\"Welcome\"", NULL, "couchdb", "Apache CouchDB", "\"version\"", 0},
	{"\"etcdserver\"", NULL, "etcd", "etcd", "\"etcdserver\"", 0},
	{"\"gitVersion\"", NULL, "kubernetes", "Kubernetes", "\"gitVersion\"", 0},
	{"\"kind\":\"Status\",\"apiVersion\":\"v1\"", NULL, "kubernetes", "Kubernetes", NULL,
		SKT_PROBE_HTTP_VERSION},
	{"\"kind\": \"Status\"", NULL, "kubernetes", "Kubernetes", NULL, SKT_PROBE_HTTP_VERSION},
	{"\"Podman Engine\"", NULL, "docker", "Podman", "\"Version\"", 0},
	{"\"MinAPIVersion\"", NULL, "docker", "Docker", "\"Version\"", 0},
	{NULL, "Server: Docker/%v", "docker", "Docker", NULL, 0},
	{NULL, "Libpod-Api-Version: %v", "docker", "Podman", NULL, SKT_PROBE_HTTP_VERSION},
	{NULL, "Api-Version: %v", "docker", "Docker", NULL, SKT_PROBE_HTTP_VERSION},
	{NULL, "X-Jenkins: %v", NULL, "Jenkins", NULL, 0},
	{NULL, "X-Influxdb-Version: %v", "influxdb", "InfluxDB", NULL, 0},
	{NULL, "X-Influxdb-Version: v%v", "influxdb", "InfluxDB", NULL, 0},
	{NULL, "X-Elastic-Product: Elasticsearch", "elasticsearch", "Elasticsearch", NULL, 0},
	{NULL, "X-ClickHouse-Server-Display-Name:", "clickhouse", "ClickHouse", NULL, 0},
	{NULL, "kbn-name:", NULL, "Kibana", NULL, 0},
	{"prometheus_build_info{", NULL, NULL, "Prometheus", "prometheus_build_info{", 0},
	{NULL, "Location: /graph%$", NULL, "Prometheus", NULL, SKT_PROBE_HTTP_METRICS},
	{NULL, "Location: /query%$", NULL, "Prometheus", NULL, SKT_PROBE_HTTP_METRICS},
	{"<h1>Node Exporter</h1>", NULL, NULL, "node_exporter", "version=", SKT_PROBE_HTTP_METRICS},
	{">RabbitMQ Management<", NULL, NULL, "RabbitMQ Management", NULL, 0},
	{"<h3>Apache Tomcat/", NULL, NULL, "Apache Tomcat", "<h3>Apache Tomcat/", 0},
	{"<title>Apache Tomcat/", NULL, NULL, "Apache Tomcat", "<title>Apache Tomcat/", 0},
	{"<title>Grafana<", NULL, NULL, "Grafana", "\"version\"", 0},
	{"Exporter</title>", NULL, NULL, NULL, NULL, SKT_PROBE_HTTP_METRICS},
	{"href=\"/metrics\"", NULL, NULL, NULL, NULL, SKT_PROBE_HTTP_METRICS},
	{"href='/metrics'", NULL, NULL, NULL, NULL, SKT_PROBE_HTTP_METRICS},
};

static bool fits(
	const struct page *page, const struct response *response, struct skt_pattern_match *match)
{
	return page->sign ? find(&response->body, page->sign) != NULL
			  : field(response, page->pattern, match);
}

static void set_version(
	const struct page *page, const struct response *response, struct skt_identity *ret)
{
	const struct skt_pattern_part *body = &response->body;
	struct skt_pattern_match match;
	const char *at;

	if (page->version[0] == '"') {
		(void)json(body, page->version, &ret->version);
	} else if ((at = find(body, page->version))) {
		size_t len = (size_t)(body->text + body->len - at);

		at += strlen(page->version);
		len = SKT_MIN(len - strlen(page->version), (size_t)LINE_MAX_LEN);
		if (skt_pattern_matches("%v", at, len, &match) ||
			skt_pattern_matches("%*version=\"%v\"", at, len, &match))
			set(&ret->version, &match.version);
	}
}

/* `NAME_build_info{...,version="V"} 1`, as exporters have it; Go's own is none. */
static bool read_build_info(const struct response *response, struct skt_identity *ret)
{
	static const char sign[] = "_build_info{";
	struct skt_pattern_part rest = response->body;
	const char *at;

	while ((at = find(&rest, sign))) {
		const char *begin = at, *end = rest.text + rest.len;
		size_t len = SKT_MIN((size_t)(end - at), (size_t)LINE_MAX_LEN);
		struct skt_pattern_match match;

		while (begin > response->body.text && begin[-1] != '\n')
			begin--;
		rest.text = at + sizeof(sign) - 1;
		rest.len = (size_t)(end - rest.text);
		/* `goversion` ends so, too. */
		if (*begin == '#' || memcmp(begin, "go_", 3) == 0 ||
			(!skt_pattern_matches("%*,version=\"%v\"", at, len, &match) &&
				!skt_pattern_matches("%*{version=\"%v\"", at, len, &match) &&
				!skt_pattern_matches("%*,version=\"v%v\"", at, len, &match)))
			continue;
		skt_identity_set(&ret->product, begin, (size_t)(at - begin));
		set(&ret->version, &match.version);
		return true;
	}
	return false;
}

static void read_page(
	const struct skt_answer *answer, const struct response *response, struct skt_identity *ret)
{
	struct skt_pattern_match match = {0};

	if (answer->probe == SKT_PROBE_HTTP_METRICS && read_build_info(response, ret))
		return;
	for (size_t i = 0; i < SKT_COUNT(pages); i++) {
		const struct page *page = &pages[i];

		if (!fits(page, response, &match))
			continue;
		if (page->service)
			ret->service = page->service;
		if (page->product) {
			ret->version.len = ret->extra.len = 0;
			skt_identity_say(&ret->product, page->product);
		}
		if (!page->follow)
			set(&ret->version, &match.version);
		if (page->version)
			set_version(page, response, ret);
		if (!ret->version.len || !page->product)
			ret->follow = page->follow;
		return;
	}
	/* Go's own answer for what is not there: APIs without a page of their own. */
	if (!ret->product.len && find(&response->body, "404 page not found"))
		ret->follow = SKT_PROBE_HTTP_VERSION;
}

bool skt_read_http(const struct skt_answer *answer, struct skt_identity *ret)
{
	struct response response;

	if (!split(answer, &response))
		return false;
	ret->service = "http";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	skt_identity_set(&ret->words, response.status.text, response.status.len);
	read_server(&response, ret);
	read_page(answer, &response, ret);
	return true;
}

bool skt_http_is_complete(const struct skt_answer *answer)
{
	const uint8_t *end = answer->bytes + answer->size;
	struct skt_pattern_match match;
	struct response response;
	size_t length = 0;

	if (!split(answer, &response) || !response.has_body)
		return false;
	if (field(&response, "Content-Length: %v", &match)) {
		for (size_t i = 0; i < match.version.len && match.version.text[i] >= '0' &&
			match.version.text[i] <= '9';
			i++)
			length = SKT_MIN(length * 10 + (size_t)(match.version.text[i] - '0'),
				answer->size + 1);
		return response.body.len >= length;
	}
	/* RFC 9112 7.1 */
	return field(&response, "Transfer-Encoding: chunked", &match) && response.body.len >= 5 &&
		memcmp(end - 5, "0\r\n\r\n", 5) == 0;
}
