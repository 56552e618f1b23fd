#include "cmd/listen/far.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int listen_far_open(struct listen_run *run, struct skt_err *err)
{
	const struct listen_options *o = run->options;
	struct skt_tls_common_options common = o->tls.common;
	int r;

	if (!o->far.tls)
		return 0;
	/* Each connection offers what its client has agreed on. */
	if (o->tls.tls)
		common.alpn = NULL;
	r = skt_tls_client_open(
		&o->far.client, &common, o->far.client.insecure, &run->far_tls, err);
	if (r == 0 && skt_tls_client_takes_any(&o->far.client))
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "insecure",
			"--insecure: anybody may be at the endpoints of --forward");
	return r;
}

enum skt_exit listen_far_close(struct listen_run *run, enum skt_exit status)
{
	status = (enum skt_exit)skt_tls_common_conclude(
		&run->options->tls.common, run->far_tls, &run->log, (int)status);
	skt_tls_context_free(run->far_tls);
	run->far_tls = NULL;
	return status;
}

/* The client has chosen its protocol, and perhaps its name, before there is an endpoint. */
static void follow(
	struct far_tls *far, const struct listen_options *o, const struct skt_tls_session *client)
{
	struct skt_tls_client_name *name = &far->steps.name;
	struct skt_tls_session_options *options = &far->steps.tls.options;
	struct skt_tls_state state;
	char text[SKT_TLS_NAME_MAX];

	skt_tls_session_state(client, &state);
	if (o->far.pass_servername && state.server_name[0] &&
		skt_tls_name_parse(state.server_name, text) == 0) {
		*name = (struct skt_tls_client_name){0};
		memcpy(name->text, text, sizeof(name->text));
		*options = skt_tls_client_session(&o->far.client, name);
		far->is_clients_choice = true;
	}
	memcpy(far->alpn, state.alpn, sizeof(far->alpn));
	options->alpn = far->alpn;
}

void far_tls_add(struct far_tls *far, struct skt_opening *opening, const struct listen_run *run,
	const struct client *client, const struct skt_endpoint *endpoint)
{
	const struct listen_options *o = run->options;
	const struct skt_tls_session *theirs =
		client ? skt_tls_stream_session(&client->connection.stream) : NULL;

	if (!run->far_tls)
		return;
	skt_tls_steps_add(&far->steps, opening, endpoint,
		&(struct skt_tls_wish){
			.client = &o->far.client,
			.context = run->far_tls,
			.lenient = o->tls.common.lenient,
		});
	if (theirs)
		follow(far, o, theirs);
}

int far_tls_explain(const struct far_tls *far, int r, struct skt_err *err)
{
	size_t used = strlen(err->text);

	if (err->domain != SKT_ERR_TLS || err->code != SKT_TLS_UNVERIFIED)
		return r;
	(void)snprintf(err->text + used, sizeof(err->text) - used, "%s",
		skt_tls_client_advice(skt_tls_session_verdict(far_tls_session(far))));
	/* EACCES would be said to be for want of permission. */
	return -EPROTO;
}

const struct skt_tls_session *far_tls_session(const struct far_tls *far)
{
	return skt_tls_step_session(&far->steps.tls);
}

void far_tls_fini(struct far_tls *far)
{
	skt_tls_steps_fini(&far->steps);
}
