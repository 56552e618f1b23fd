#include "base/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/name.h"
#include "base/service_file.h"
#include "base/service_table.h"
#include "base/str.h"
#include "base/vec.h"

struct skt_services {
	struct skt_arena arena;
	struct skt_service_lines lines; /* in order of port, then as in the file */
	SKT_VEC(struct skt_service) merged;
	struct skt_portset named;    /* the ports in merged */
	uint32_t before[65536 / 64]; /* how many of merged have a port below 64 * i */
	int unread;                  /* -errno of the file */
};

struct span {
	const char *text;
	size_t len;
};

/* The built-in table, one service after the other. */
struct builtin {
	size_t i;
	const char *text;
};

static bool builtin_next(struct builtin *builtin, struct skt_service *ret)
{
	const struct skt_service_entry *entry = &skt_service_table[builtin->i];

	if (builtin->i == skt_service_table_len)
		return false;
	ret->name = builtin->text;
	ret->aliases = ret->name + entry->name_size;
	ret->description = ret->aliases + entry->aliases_size;
	ret->port = entry->port;
	ret->protocols = entry->protocols;
	builtin->text = ret->description + entry->description_size;
	builtin->i++;
	return true;
}

/* Takes the next word of NAMES, which are between single spaces. */
static bool word_next(const char **names, struct span *ret)
{
	if (!**names)
		return false;
	ret->text = *names;
	ret->len = strcspn(ret->text, " ");
	*names += ret->len;
	*names += **names == ' ';
	return true;
}

bool skt_service_is_named(const struct skt_service *service, const char *name, size_t len)
{
	const char *aliases = service->aliases;
	struct span alias;

	if (!len || memchr(name, '\0', len))
		return false;
	if (strncasecmp(service->name, name, len) == 0 && !service->name[len])
		return true;
	while (word_next(&aliases, &alias))
		if (alias.len == len && strncasecmp(alias.text, name, len) == 0)
			return true;
	return false;
}

/* Adds to the aliases of ROW those of NAMES that it does not have. */
static int add_aliases(struct skt_arena *arena, struct skt_service *row, const char *names)
{
	struct span name;

	while (word_next(&names, &name)) {
		size_t had = strlen(row->aliases);
		char *aliases;

		if (skt_service_is_named(row, name.text, name.len))
			continue;
		aliases = skt_arena_alloc(arena, had + 1 + name.len + 1);
		if (!aliases)
			return -ENOMEM;
		memcpy(aliases, row->aliases, had);
		if (had)
			aliases[had++] = ' ';
		memcpy(aliases + had, name.text, name.len);
		row->aliases = aliases;
	}
	return 0;
}

/* Another source's word on a service that ROW already names. */
static int enrich(struct skt_arena *arena, struct skt_service *row, const struct skt_service *other)
{
	int rc;

	if (!*row->description && skt_service_is_named(row, other->name, strlen(other->name)))
		row->description = other->description;
	rc = add_aliases(arena, row, other->name);
	return rc ? rc : add_aliases(arena, row, other->aliases);
}

/*
 * Adds SERVICE to the merged entries of its port, which begin at START, for the protocols that none
 * of them has.
 */
static int merge_one(struct skt_services *services, size_t start, const struct skt_service *service,
	bool builtin)
{
	struct skt_service added = *service, *same = NULL;
	int rc;

	for (size_t i = start; i < services->merged.len; i++)
		added.protocols &= (uint8_t)~services->merged.data[i].protocols;
	if (!added.protocols && !builtin)
		return 0; /* as getservbyport(3): the first line has it */
	for (size_t i = start; i < services->merged.len; i++) {
		struct skt_service *row = &services->merged.data[i];
		bool named = strcasecmp(row->name, service->name) == 0;

		if (named)
			same = row;
		if (named || (builtin && row->protocols & service->protocols)) {
			rc = enrich(&services->arena, row, service);
			if (rc)
				return rc;
		}
	}
	if (same)
		same->protocols |= added.protocols;
	else if (added.protocols)
		return skt_vec_push(&services->merged, added);
	return 0;
}

/* Merges the lines of the file with the built-in table; both are in order of port. */
static int merge(struct skt_services *services)
{
	const struct skt_service_lines *lines = &services->lines;
	struct builtin cursor = {.text = skt_service_text};
	struct skt_service builtin;
	bool more = builtin_next(&cursor, &builtin);
	int rc = skt_vec_reserve(&services->merged, lines->len + skt_service_table_len);
	size_t i = 0;

	while (!rc && (more || i < lines->len)) {
		size_t start = services->merged.len;
		uint16_t port = more ? builtin.port : UINT16_MAX;

		if (i < lines->len)
			port = SKT_MIN(port, lines->data[i].service.port);
		for (; !rc && i < lines->len && lines->data[i].service.port == port; i++)
			rc = merge_one(services, start, &lines->data[i].service, false);
		for (; !rc && more && builtin.port == port; more = builtin_next(&cursor, &builtin))
			rc = merge_one(services, start, &builtin, true);
	}
	return rc;
}

static void build_index(struct skt_services *services)
{
	size_t count = 0;

	for (size_t word = 0; word < SKT_COUNT(services->before); word++) {
		services->before[word] = (uint32_t)count;
		for (; count < services->merged.len; count++) {
			uint16_t port = services->merged.data[count].port;

			if (port / 64u != word)
				break;
			skt_portset_add(&services->named, port);
		}
	}
}

int skt_services_parse(const char *text, size_t len, struct skt_services **ret)
{
	struct skt_services *services = calloc(1, sizeof(*services));
	int rc = -ENOMEM;

	if (!services)
		goto out;
	rc = skt_service_lines_parse(text, len, &services->arena, &services->lines);
	if (!rc)
		rc = merge(services);
	if (rc)
		goto out;
	build_index(services);
	*ret = services;
	services = NULL;
out:
	skt_services_free(services);
	return rc;
}

int skt_services_open(const char *path, struct skt_services **ret)
{
	struct skt_str text = {0};
	const int unread = skt_service_file_read(path, &text);
	int rc = text.failed ? -ENOMEM : skt_services_parse(text.data, text.len, ret);

	if (!rc)
		(*ret)->unread = unread;
	skt_str_fini(&text);
	return rc;
}

void skt_services_free(struct skt_services *services)
{
	if (!services)
		return;
	skt_vec_free(&services->merged);
	skt_vec_free(&services->lines);
	skt_arena_fini(&services->arena);
	free(services);
}

int skt_services_unread(const struct skt_services *services)
{
	return services->unread;
}

const char *skt_services_name(const struct skt_services *services, uint16_t port, uint8_t protocol)
{
	uint64_t bits = services->named.bits[port / 64];
	uint64_t below = bits & ((UINT64_C(1) << port % 64) - 1);
	const struct skt_service *service, *end = services->merged.data + services->merged.len;

	if (!skt_portset_has(&services->named, port))
		return NULL;
	/* Exact but for ports with several entries before this one. */
	service = services->merged.data + services->before[port / 64] + __builtin_popcountll(below);
	while (service->port < port)
		service++;
	for (; service < end && service->port == port; service++)
		if (service->protocols & protocol)
			return service->name;
	return NULL;
}

const struct skt_service *skt_services_at(const struct skt_services *services, size_t i)
{
	return i < services->merged.len ? &services->merged.data[i] : NULL;
}

static size_t add_set(struct skt_portset *set, const struct skt_portset *added)
{
	size_t count = 0;

	for (size_t i = 0; i < SKT_COUNT(set->bits); i++) {
		count += (size_t)__builtin_popcountll(added->bits[i]);
		set->bits[i] |= added->bits[i];
	}
	return count;
}

size_t skt_services_ports(const struct skt_services *services, const char *name, size_t len,
	uint8_t protocols, struct skt_portset *set)
{
	struct builtin cursor = {.text = skt_service_text};
	struct skt_portset found = {0};
	struct skt_service builtin;
	uint8_t known = 0;

	for (size_t i = 0; i < services->lines.len; i++) {
		const struct skt_service *service = &services->lines.data[i].service;

		if (service->protocols & protocols && skt_service_is_named(service, name, len)) {
			skt_portset_add(&found, service->port);
			known |= service->protocols;
		}
	}
	while (builtin_next(&cursor, &builtin))
		if (builtin.protocols & protocols & ~known &&
			skt_service_is_named(&builtin, name, len))
			skt_portset_add(&found, builtin.port);
	return add_set(set, &found);
}

static int fail_unknown(
	const struct skt_services *services, const struct skt_port_item *item, struct skt_err *err)
{
	const struct skt_service *service;
	int len = (int)SKT_MIN(item->name_len, 100);
	struct skt_suggestion suggestion;
	struct skt_portset others = {0};

	if (skt_services_ports(services, item->name, item->name_len, SKT_SERVICE_ANY, &others))
		return skt_fail_text(err, EINVAL, "service '%.*s' has no port for this protocol",
			len, item->name);
	skt_suggest_begin(&suggestion, item->name, item->name_len);
	for (size_t i = 0; (service = skt_services_at(services, i)); i++)
		skt_suggest_offer(&suggestion, service->name);
	if (!suggestion.nearest)
		return skt_fail_text(err, EINVAL, "unknown service '%.*s'", len, item->name);
	return skt_fail_text(err, EINVAL, "unknown service '%.*s': did you mean '%s'?", len,
		item->name, suggestion.nearest);
}

int skt_services_resolve(const struct skt_services *services, const struct skt_port_list *list,
	uint8_t protocols, struct skt_portset *set, struct skt_err *err)
{
	struct skt_portset found = {0};

	for (size_t i = 0; i < list->len; i++) {
		const struct skt_port_item *item = &list->data[i];

		if (!item->name)
			skt_portset_add_range(&found, item->low, item->high);
		else if (!skt_services_ports(
				 services, item->name, item->name_len, protocols, &found))
			return fail_unknown(services, item, err);
	}
	(void)add_set(set, &found);
	return 0;
}
