/*
 * One port that is looked at: what it is asked next, and what is known by what it said. Each talk
 * is with the port alone; several may be under way.
 */
#ifndef SKT_SERVICE_INQUIRY_H
#define SKT_SERVICE_INQUIRY_H

#include "scan/greeting.h"
#include "scan/payload.h"
#include "scan/run.h"
#include "scan/talk.h"
#include "service/identity.h"

/* What all of them have in common. */
struct skt_inquiries {
	struct skt_talks *talks;
	bool udp;
	bool delicate; /* those are asked, too, that are better not asked */
	bool tls;      /* it can be looked into */
	int failed;    /* -ENOMEM: a talk could not be begun */
};

/* A port that is looked at. */
struct skt_inquiry {
	struct skt_scan_result result;
	struct skt_identity identity;
	struct skt_identity outer; /* inside of TLS: what was known before */
	enum skt_greeting_end end;
	uint8_t way;          /* enum skt_talk_way */
	bool shaken;          /* TLS was tried, if in vain */
	uint32_t asked;       /* a bit for each probe that was begun */
	unsigned int talks;   /* under way */
	bool first_over;      /* the first talk has ended */
	bool following;       /* it is recognised, and asked for more */
	bool hurried;         /* there are too many: it is asked one thing, and soon left */
	bool crowded;         /* it is not alone */
	bool settled;         /* what still comes does not count */
	uint64_t patience_ns; /* when others are asked besides the first */
	uint64_t end_ns;
	uint8_t payload[SKT_PAYLOAD_MAX];
};

/* Begins with what is zeroed but for `result`, `hurried` and `crowded`. */
void skt_inquiry_begin(struct skt_inquiries *all, struct skt_inquiry *inquiry, uint64_t now_ns);

/* Asks what may be asked at NOW_NS. Whether there is more to come; else it is to be ended. */
bool skt_inquiry_advance(struct skt_inquiries *all, struct skt_inquiry *inquiry, uint64_t now_ns);

/* When it is to be advanced though no talk has ended. */
uint64_t skt_inquiry_due(const struct skt_inquiry *inquiry, uint64_t now_ns);

/* No talk could begin for so long: that is not counted. */
void skt_inquiry_put_off(struct skt_inquiry *inquiry, uint64_t duration_ns);

/* What talks tell: `done` of struct skt_talks_config, of which CTX is nothing. */
void skt_inquiry_take(void *ctx, const struct skt_talk *talk);

/* Ends its talks; `identity` and `end` are final then. */
void skt_inquiry_end(struct skt_inquiries *all, struct skt_inquiry *inquiry);

#endif
