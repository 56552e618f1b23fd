/*
 * From the bytes that a port has said to what it is: each protocol has a reader, which takes what
 * has the protocol's form and nothing else. Pure; the bytes are hostile.
 */
#ifndef SKT_SERVICE_READ_H
#define SKT_SERVICE_READ_H

#include "service/answer.h"
#include "service/identity.h"

/* Whether ANSWER was recognised; *RET is what it is then, else the words that were said alone. */
bool skt_answer_read(const struct skt_answer *answer, struct skt_identity *ret);

/* Whether ANSWER is all that is worth waiting for. */
bool skt_answer_is_complete(const struct skt_answer *answer);

#endif
