#include "cmd/names.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <pwd.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "diag/netns_link.h"

/* What is asked for, compared as bytes: every one of them is defined. */
struct key {
	struct skt_addr addr;
	uint64_t netns; /* inode; 0: here, or of no matter */
};

/* One answer, also the answer that there is none. */
struct answer {
	struct key key;
	const char *text;
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct key));
}

/* Finds the entry of KEY, or makes it with *ret_new set. NULL: memory is out. */
static struct answer *entry_of(
	struct skt_arena *arena, void **tree, const struct key *key, bool *ret_new)
{
	struct answer **found = tfind(key, tree, compare);
	struct answer *entry;

	*ret_new = false;
	if (found)
		return *found;
	entry = skt_arena_alloc(arena, sizeof(*entry));
	if (!entry)
		return NULL;
	memcpy(&entry->key, key, sizeof(*key));
	if (!tsearch(entry, tree, compare))
		return NULL;
	*ret_new = true;
	return entry;
}

/* A number as a key. */
static struct answer *number_entry(
	struct skt_arena *arena, void **tree, uint32_t number, uint64_t netns, bool *ret_new)
{
	struct key key;

	memset(&key, 0, sizeof(key));
	key.addr.scope_id = number;
	key.netns = netns;
	return entry_of(arena, tree, &key, ret_new);
}

static const char *keep(struct skt_arena *arena, const char *text)
{
	return skt_arena_text(arena, text, strlen(text));
}

static const char *keep_number(struct skt_arena *arena, uint32_t number)
{
	char text[SKT_PUT_U64_MAX];

	return skt_arena_text(arena, text, (size_t)(skt_put_u64(text, number) - text));
}

/* The text that was recorded as FACT of NUMBER, or the number. */
static const char *recall(
	struct skt_names *names, struct skt_arena *arena, enum skt_fact fact, uint32_t number)
{
	const struct skt_fact_item *item = skt_look_find(names->past, skt_fact_kind(fact), number);

	return item ? skt_arena_text(arena, (const char *)item->bytes, item->len)
		    : keep_number(arena, number);
}

static const char *lookup_user(struct skt_names *names, uint32_t uid)
{
	size_t size = 1024;
	const char *text = NULL;
	struct passwd entry, *found;
	char *buffer = NULL, *grown;
	int rc;

	do {
		size *= 2;
		grown = realloc(buffer, size);
		if (!grown)
			break;
		buffer = grown;
		rc = getpwuid_r(uid, &entry, buffer, size, &found);
		if (rc == 0 && found)
			text = keep(&names->arena, found->pw_name);
	} while (rc == ERANGE && size < (1u << 20));
	free(buffer);
	return text ? text : keep_number(&names->arena, uid);
}

const char *skt_names_user(struct skt_names *names, uint32_t uid)
{
	bool is_new;
	struct answer *entry = number_entry(&names->arena, &names->users, uid, 0, &is_new);

	if (entry && is_new)
		entry->text = names->past ? recall(names, &names->arena, SKT_FACT_USER, uid)
					  : lookup_user(names, uid);
	return entry ? entry->text : NULL;
}

static bool is_elsewhere(const struct skt_netns *netns)
{
	return netns && !netns->own;
}

const char *skt_names_interface(struct skt_names *names, struct skt_netns *netns, uint32_t ifindex)
{
	uint64_t inode = is_elsewhere(netns) ? netns->inode : 0;
	char name[IF_NAMESIZE];
	bool is_new, found;
	struct answer *entry =
		number_entry(&names->passing, &names->interfaces, ifindex, inode, &is_new);

	if (entry && is_new && names->past) {
		entry->text = recall(names, &names->passing, SKT_FACT_INTERFACE, ifindex);
	} else if (entry && is_new) {
		found = is_elsewhere(netns) ? !skt_netns_interface(netns, ifindex, &name)
					    : if_indextoname(ifindex, name) != NULL;
		entry->text =
			found ? keep(&names->passing, name) : keep_number(&names->passing, ifindex);
	}
	return entry ? entry->text : NULL;
}

const char *skt_names_host(struct skt_names *names, const struct skt_addr *addr)
{
	struct sockaddr_storage sa;
	char host[NI_MAXHOST];
	struct key key;
	struct answer *entry;
	socklen_t len;
	bool is_new;

	memset(&key, 0, sizeof(key));
	if (skt_addr_is_v4_mapped(addr)) {
		/* The host is known by its own address. */
		memcpy(key.addr.bytes, addr->bytes + 12, 4);
		key.addr.family = AF_INET;
	} else {
		memcpy(key.addr.bytes, addr->bytes, sizeof(key.addr.bytes));
		key.addr.scope_id = addr->scope_id;
		key.addr.family = addr->family;
	}
	entry = entry_of(&names->arena, &names->hosts, &key, &is_new);
	if (!entry)
		return NULL;
	if (is_new) {
		len = skt_addr_to_sockaddr(&key.addr, 0, &sa);
		if (len &&
			!getnameinfo((struct sockaddr *)&sa, len, host, sizeof(host), NULL, 0,
				NI_NAMEREQD))
			entry->text = keep(&names->arena, host);
	}
	return entry->text;
}

const char *skt_names_zoned(struct skt_names *names, struct skt_netns *netns,
	const struct skt_addr *addr, uint32_t ifindex)
{
	const char *interface = skt_names_interface(names, netns, ifindex);
	char text[SKT_ADDR_TEXT_MAX + IF_NAMESIZE];
	struct key key;
	struct answer *answer;
	bool is_new;

	memset(&key, 0, sizeof(key));
	memcpy(key.addr.bytes, addr->bytes, sizeof(key.addr.bytes));
	key.addr.family = addr->family;
	*skt_addr_put(text, &key.addr) = '\0';
	key.addr.scope_id = ifindex;
	key.netns = is_elsewhere(netns) ? netns->inode : 0;
	answer = entry_of(&names->passing, &names->zoned, &key, &is_new);
	if (!answer || !interface)
		return NULL;
	if (is_new) {
		size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, "%%%s", interface);
		answer->text = keep(&names->passing, text);
	}
	return answer->text;
}

/* Entries are the arena's. */
static void leave(void *entry)
{
	(void)entry;
}

void skt_names_renew(struct skt_names *names)
{
	tdestroy(names->interfaces, leave);
	tdestroy(names->zoned, leave);
	names->interfaces = names->zoned = NULL;
	skt_arena_fini(&names->passing);
}

void skt_names_fini(struct skt_names *names)
{
	skt_names_renew(names);
	tdestroy(names->users, leave);
	tdestroy(names->hosts, leave);
	names->users = names->hosts = NULL;
	skt_arena_fini(&names->arena);
}
