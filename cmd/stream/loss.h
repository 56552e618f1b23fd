/* What of a session is lost, in words. */
#ifndef SKT_CMD_STREAM_LOSS_H
#define SKT_CMD_STREAM_LOSS_H

#include <stdbool.h>

#include "cmd/command.h"
#include "net/joint.h"

enum { SKT_LOSS_MAX = 192 };

/*
 * ": 12 bytes are lost (2 read and not sent, 10 sent and not acknowledged), and standard input was
 * not read to its end", as far as it is so; "" where nothing is. REST: stdin has not ended. MAYBE
 * is said where no byte is known to be lost. Returns RET.
 */
const char *skt_loss_text(
	const struct skt_joint *joint, bool rest, const char *maybe, char ret[SKT_LOSS_MAX]);

/* The status where -errno R broke a connection off: SKT_EXIT_TROUBLE for want of something here. */
enum skt_exit skt_loss_status(int r);

#endif
