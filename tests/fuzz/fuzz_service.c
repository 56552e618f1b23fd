/* services(5) files: whatever they hold, the registry is in order and agrees with itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/service.h"
#include "base/service_file.h"
#include "base/service_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of the built-in table, which has thousands. */
const struct skt_service_entry skt_service_table[] = {
	{22, SKT_SERVICE_TCP | SKT_SERVICE_UDP, 4, 1, 13},
	{53, SKT_SERVICE_ANY, 7, 12, 1},
	{80, SKT_SERVICE_TCP, 5, 13, 4},
	{80, SKT_SERVICE_UDP, 4, 1, 1},
	{8080, SKT_SERVICE_TCP, 9, 9, 1},
};
const size_t skt_service_table_len = SKT_COUNT(skt_service_table);
const char skt_service_text[] = "ssh\0\0Secure Shell\0"
				"domain\0dns namesrv\0\0"
				"http\0www www-http\0Web\0"
				"web\0\0\0"
				"http-alt\0webcache\0\0";

static void check_entry(const struct skt_services *services, const struct skt_service *service)
{
	struct skt_portset set = {0};

	if (!service->port || !service->protocols || service->protocols > SKT_SERVICE_ANY)
		abort();
	for (uint8_t bit = 1; bit < SKT_SERVICE_ANY; bit = (uint8_t)(bit << 1))
		if (service->protocols & bit &&
			skt_services_name(services, service->port, bit) != service->name)
			abort();
	/* Where the table has nothing: a name in it may be the file's, and elsewhere then. */
	if (service->port >= 60000 &&
		(!skt_services_ports(services, service->name, strlen(service->name),
			 service->protocols, &set) ||
			!skt_portset_has(&set, service->port)))
		abort();
}

/* The lines alone. */
static void check_lines(const char *text, size_t len)
{
	struct skt_arena arena = {0};
	struct skt_service_lines lines = {0};

	if (skt_service_lines_parse(text, len, &arena, &lines))
		abort();
	for (size_t i = 1; i < lines.len; i++)
		if (lines.data[i].service.port < lines.data[i - 1].service.port)
			abort();
	skt_vec_free(&lines);
	skt_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct skt_service *service;
	struct skt_services *services;
	uint16_t last = 0;

	check_lines((const char *)data, size);
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
