/* What clients of a proxy say: the first byte says of which protocol and phase, the rest came. */
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "net/http_request.h"
#include "net/socks_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HTTP, SOCKS4, GREETING, USER, SOCKS5 };

/* What is asked for is a host with a port, and its name is one that can be shown. */
static void check_target(const struct skt_endpoint *target)
{
	if (target->kind != SKT_ENDPOINT_INET || !target->port || target->zone[0] ||
		target->service[0] || (target->addr.family == AF_UNSPEC) != (target->host[0] != 0))
		abort();
	for (const char *p = target->host; *p; p++)
		if (*p <= ' ' || *p == 0x7f || strchr("%/:@[]\\\"", *p))
			abort();
}

/* What is passed on is a whole head again, in the form that servers know. */
static void pass(const char *bytes, size_t len, const struct skt_proxy_request *request)
{
	struct skt_str passed = {0};
	char answer[SKT_HTTP_ANSWER_MAX];

	skt_http_pass_request(bytes, len, request, &passed);
	if (passed.failed || !passed.len ||
		skt_http_measure_request(passed.data, passed.len) != (ssize_t)passed.len ||
		memmem(passed.data, passed.len, "\nProxy-Authorization:", 21))
		abort();
	skt_str_fini(&passed);
	if (skt_http_answer(-1, request->target.host, answer) >= sizeof(answer))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static ssize_t (*const measures[])(const char *bytes, size_t len) = {
		[HTTP] = skt_http_measure_request,
		[SOCKS4] = skt_socks4_measure_request,
		[GREETING] = skt_socks5_measure_greeting,
		[USER] = skt_socks5_measure_user,
		[SOCKS5] = skt_socks5_measure_request,
	};
	struct skt_proxy_request request = {0};
	const char *bytes = (const char *)data + 1;
	struct skt_err err;
	size_t which;
	ssize_t whole;
	int r = -1;

	if (size < 2 || size > SKT_HTTP_ASKED_MAX)
		return 0;
	which = data[0] % SKT_COUNT(measures);
	whole = measures[which](bytes, --size);
	if (whole > (ssize_t)size || (whole > SKT_SOCKS_ASKED_MAX && which != HTTP))
		abort();
	/* It does not change its mind. */
	if (whole > 0 && measures[which](bytes, (size_t)whole) != whole)
		abort();
	if (whole <= 0)
		return 0;
	if (which == HTTP)
		r = skt_http_read_request(bytes, (size_t)whole, &request, &err);
	else if (which == SOCKS4)
		r = skt_socks4_read_request(bytes, &request, &err);
	else if (which == SOCKS5)
		r = skt_socks5_read_request(bytes, &request, &err);
	else if (which == USER)
		(void)skt_socks5_read_user(bytes, &request, &err);
	else
		(void)skt_socks5_choose(bytes, data[0] & 0x80);
	if (r > 0)
		abort();
	if (r == 0)
		check_target(&request.target);
	if (r == 0 && request.language == SKT_PROXY_SPEAKS_HTTP)
		pass(bytes, (size_t)whole, &request);
	return 0;
}
