/* services(5) files: whatever they hold, the registry is in order and agrees with itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/service.h"
#include "base/service_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entry(const struct skt_services *services, const struct skt_service *service)
{
	struct skt_portset set = {0};

	if (!service->port || !service->protocols || service->protocols > SKT_SERVICE_ANY)
		abort();
	for (uint8_t bit = 1; bit < SKT_SERVICE_ANY; bit = (uint8_t)(bit << 1))
		if (service->protocols & bit &&
			skt_services_name(services, service->port, bit) != service->name)
			abort();
	/* Where the table has nothing, so that an input costs few scans of it. */
	if (service->port >= 60000 &&
		(!skt_services_ports(services, service->name, strlen(service->name),
			 service->protocols, &set) ||
			!skt_portset_has(&set, service->port)))
		abort();
}

/* The lines alone; how many there are. */
static size_t check_lines(const char *text, size_t len)
{
	struct skt_arena arena = {0};
	struct skt_service_lines lines = {0};
	size_t count;

	if (skt_service_lines_parse(text, len, &arena, &lines))
		abort();
	for (size_t i = 1; i < lines.len; i++)
		if (lines.data[i].service.port < lines.data[i - 1].service.port)
			abort();
	count = lines.len;
	skt_vec_free(&lines);
	skt_arena_fini(&arena);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct skt_service *service;
	struct skt_services *services;
	uint16_t last = 0;

	/* The built-in table is large: what adds nothing to it is not worth the time. */
	if (!check_lines((const char *)data, size))
		return 0;
	if (skt_services_parse((const char *)data, size, &services))
		abort();
	for (size_t i = 0; (service = skt_services_at(services, i)); i++) {
		if (service->port < last)
			abort();
		last = service->port;
		check_entry(services, service);
	}
	skt_services_free(services);
	return 0;
}
