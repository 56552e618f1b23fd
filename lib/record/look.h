/*
 * What was known at one moment: facts, each a few bytes under a kind and a number, sorted by these.
 * A look is what a recording is made of, and what is shown of it.
 */
#ifndef SKT_RECORD_LOOK_H
#define SKT_RECORD_LOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

/* What a fact is about; bytes are in the byte order of the machine that recorded. */
enum skt_fact {
	SKT_FACT_META = 1,  /* 1: struct skt_record_meta; 2: the name of the host */
	SKT_FACT_SOCKET,    /* an answer of sock_diag(7), as steady.h keeps it; the number tells it
			       from others of its table */
	SKT_FACT_HOLDERS,   /* by inode: pairs of pid and descriptor, uint32_t */
	SKT_FACT_PROCESS,   /* by pid: struct skt_record_process and its texts */
	SKT_FACT_CGROUP,    /* by number: the path */
	SKT_FACT_INTERFACE, /* by number: the name */
	SKT_FACT_USER,      /* by number: the name */
	SKT_FACT_COUNT
};

enum {
	SKT_FACT_SHIFT = 24,            /* a kind: an enum skt_fact above, below what it is of */
	SKT_FACT_FAMILY_SHIFT = 16,     /* of sockets: AF_*, and the protocol; of IPv6 AF_INET */
	SKT_FACT_BYTES_MAX = 64 * 1024, /* of one fact */
	SKT_LOOK_FACTS_MAX = 1 << 24,   /* of one look */
	SKT_LOOK_BYTES_MAX = 1 << 28,   /* of one look, and of one block of a file */
};

static inline uint32_t skt_fact_kind(enum skt_fact fact)
{
	return (uint32_t)fact << SKT_FACT_SHIFT;
}

static inline enum skt_fact skt_fact_of(uint32_t kind)
{
	return (enum skt_fact)(kind >> SKT_FACT_SHIFT);
}

/* The kind of the sockets of a table: FAMILY is AF_*, PROTOCOL IPPROTO_* or the family's own. */
uint32_t skt_fact_table(uint8_t family, uint16_t protocol);

struct skt_record_meta {
	uint32_t kernel; /* SKT_KERNEL() */
	uint32_t euid;   /* of who recorded */
	uint32_t protos; /* 1 << enum skt_proto: what was asked for */
	uint32_t hidden; /* processes whose descriptors could not be read */
	uint32_t faults; /* SKT_RECORD_* */
};

enum {
	SKT_RECORD_INCOMPLETE = 1,    /* sockets may be missing */
	SKT_RECORD_EVENTS_LOST = 2,   /* and the ends of some */
	SKT_RECORD_HIDEPID = 4,       /* processes were hidden from who recorded */
	SKT_RECORD_PID_NAMESPACE = 8, /* likewise */
};

/* Behind it the texts name, comm, exe, command, cgroup, each ended by NUL, "" for none. */
struct skt_record_process {
	uint32_t uid;
	uint32_t flags; /* 1: uid is known; 2: the file of exe is gone */
};

enum { SKT_RECORD_HAS_UID = 1, SKT_RECORD_DELETED = 2, SKT_RECORD_TEXTS = 5 };

struct skt_fact_item {
	uint32_t kind;
	uint32_t len;
	uint64_t number;
	unsigned char *bytes; /* the look's */
	uint32_t order;       /* by which it was added */
};

/* Zero-initialised is empty. */
struct skt_look {
	uint64_t real_ns, mono_ns; /* when it was taken: CLOCK_REALTIME, CLOCK_BOOTTIME */
	SKT_VEC(struct skt_fact_item) items;
	struct skt_arena arena;
};

/* Adds a copy of LEN bytes. -ENOMEM; -E2BIG where a bound is passed. */
int skt_look_add(
	struct skt_look *look, uint32_t kind, uint64_t number, const void *bytes, size_t len);

/* Room for LEN bytes of a fact, to be filled by the caller; NULL: as above. */
unsigned char *skt_look_room(struct skt_look *look, uint32_t kind, uint64_t number, size_t len);

/*
 * Sorts; of facts with the same kind and number the last one added stays. JOIN, or NULL, hands on
 * to it what the one before it knew.
 */
void skt_look_sort(struct skt_look *look,
	void (*join)(const struct skt_fact_item *older, struct skt_fact_item *newer));

/* <0, 0, >0: by kind, then number. */
int skt_fact_compare(const struct skt_fact_item *a, const struct skt_fact_item *b);

/* In a sorted look; NULL: it is not there. */
const struct skt_fact_item *skt_look_find(
	const struct skt_look *look, uint32_t kind, uint64_t number);

/* The place of the first fact of KIND or above. */
size_t skt_look_from(const struct skt_look *look, uint32_t kind);

/* The texts of a fact about a process; false where it is malformed. "" where there is none. */
int skt_record_process_read(const struct skt_fact_item *item, struct skt_record_process *ret,
	const char *(*ret_texts)[SKT_RECORD_TEXTS]);

void skt_look_fini(struct skt_look *look);

#endif
