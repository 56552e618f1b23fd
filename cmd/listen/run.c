#include "cmd/listen/run.h"

void listen_stop(struct listen_run *run, enum skt_exit status)
{
	run->status = status;
	skt_server_stop(&run->server);
	skt_loop_stop(&run->loop);
	run->stopping = true;
}
