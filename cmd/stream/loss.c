#include "cmd/stream/loss.h"

#include "base/plural.h"
#include "net/dial.h"

#include <stdio.h>

const char *skt_loss_text(
	const struct skt_joint *joint, bool rest, const char *maybe, char ret[SKT_LOSS_MAX])
{
	uint64_t lost = skt_joint_undelivered(joint), held = joint->there.flow.held;
	char bytes[112];

	(void)snprintf(bytes, sizeof(bytes), "%s", maybe);
	if (lost)
		(void)snprintf(bytes, sizeof(bytes),
			"%llu byte%s lost (%llu read and not sent, %llu sent and not "
			"acknowledged)",
			(unsigned long long)lost, skt_plural(lost, " is", "s are"),
			(unsigned long long)held, (unsigned long long)(lost - held));
	(void)snprintf(ret, SKT_LOSS_MAX, "%s%s%s%s", *bytes || rest ? ": " : "", bytes,
		*bytes && rest ? ", and " : "",
		rest ? "standard input was not read to its end" : "");
	return ret;
}

enum skt_exit skt_loss_status(int r)
{
	return skt_dial_is_local(r) ? SKT_EXIT_TROUBLE : SKT_EXIT_NO;
}
