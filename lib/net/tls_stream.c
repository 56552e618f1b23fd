#include "net/tls_stream.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"

struct skt_tls_layer {
	struct skt_tls_carrier carrier;
	struct skt_tls_session *session;
	/* What is underneath, as the steps before have left it. */
	struct skt_stream *stream;
	const struct skt_stream_ops *below_ops;
	void *below_layer;
	bool lenient;
	size_t carried; /* bytes that were written underneath */
	struct skt_err err;
};

static const struct skt_stream_ops tls_ops;

/* ---- the stream underneath ---- */

/* Its operations find their own layer in the stream while they run. */
static void go_below(struct skt_tls_layer *layer)
{
	layer->stream->ops = layer->below_ops;
	layer->stream->layer = layer->below_layer;
}

static void come_back(struct skt_tls_layer *layer)
{
	layer->stream->ops = &tls_ops;
	layer->stream->layer = layer;
}

static ssize_t carry_in(struct skt_tls_carrier *carrier, void *bytes, size_t size)
{
	struct skt_tls_layer *layer = SKT_CONTAINER(carrier, struct skt_tls_layer, carrier);
	ssize_t n;

	go_below(layer);
	n = layer->below_ops->read(layer->stream, bytes, size);
	come_back(layer);
	return n;
}

static ssize_t carry_out(struct skt_tls_carrier *carrier, const void *bytes, size_t size)
{
	struct skt_tls_layer *layer = SKT_CONTAINER(carrier, struct skt_tls_layer, carrier);
	ssize_t n;

	go_below(layer);
	n = layer->below_ops->write(layer->stream, bytes, size);
	come_back(layer);
	if (n > 0)
		layer->carried += (size_t)n;
	return n;
}

/* ---- operations ---- */

static struct skt_tls_layer *layer_of(const struct skt_stream *stream)
{
	return stream->layer;
}

static ssize_t end_of(const struct skt_tls_layer *layer, ssize_t n)
{
	if (n == -ENOLINK && layer->lenient && !skt_tls_session_in_record(layer->session))
		return 0;
	return n;
}

static ssize_t tls_read(struct skt_stream *stream, void *bytes, size_t size)
{
	struct skt_tls_layer *layer = layer_of(stream);

	return end_of(layer, skt_tls_session_read(layer->session, bytes, size, &layer->err));
}

static ssize_t tls_peek(struct skt_stream *stream, void *bytes, size_t size)
{
	struct skt_tls_layer *layer = layer_of(stream);

	return end_of(layer, skt_tls_session_peek(layer->session, bytes, size, &layer->err));
}

static ssize_t tls_write(struct skt_stream *stream, const void *bytes, size_t size)
{
	struct skt_tls_layer *layer = layer_of(stream);

	return skt_tls_session_write(layer->session, bytes, size, &layer->err);
}

static int tls_finish(struct skt_stream *stream)
{
	struct skt_tls_layer *layer = layer_of(stream);
	size_t before = layer->carried;
	int r = skt_tls_session_finish(layer->session);

	stream->end_size += layer->carried - before;
	/* Once both ways are over, so is the TLS around it, to a proxy that would miss its end. */
	if (r == 0 && layer->below_layer && skt_tls_session_end(layer->session) == SKT_TLS_CLOSED) {
		go_below(layer);
		(void)stream->ops->finish(stream);
		come_back(layer);
	}
	return r;
}

/* The stream underneath, to be asked something: its operations find their own layer in it. */
static struct skt_stream below(const struct skt_stream *stream)
{
	const struct skt_tls_layer *layer = layer_of(stream);
	struct skt_stream copy = *stream;

	copy.ops = layer->below_ops;
	copy.layer = layer->below_layer;
	return copy;
}

static size_t tls_unsent(const struct skt_stream *stream)
{
	const struct skt_stream carrier = below(stream);

	return carrier.ops->unsent(&carrier) + skt_tls_session_held(layer_of(stream)->session);
}

/* A read may have to write first, and a write to read. */
static uint32_t tls_interest(const struct skt_stream *stream)
{
	const struct skt_tls_session *session = layer_of(stream)->session;
	struct skt_stream carrier = below(stream);
	unsigned int wants = 0;

	if (stream->wants_read)
		wants |= skt_tls_session_read_wants(session);
	if (stream->wants_write)
		wants |= skt_tls_session_write_wants(session);
	carrier.wants_read = wants & SKT_TLS_WANTS_READ;
	carrier.wants_write = wants & SKT_TLS_WANTS_WRITE;
	return carrier.ops->interest(&carrier);
}

static bool tls_pending(const struct skt_stream *stream)
{
	const struct skt_stream carrier = below(stream);

	return skt_tls_session_pending(layer_of(stream)->session) || carrier.ops->pending(&carrier);
}

static void layer_free(struct skt_tls_layer *layer)
{
	if (!layer)
		return;
	skt_tls_session_free(layer->session);
	free(layer);
}

static void tls_close(struct skt_stream *stream)
{
	struct skt_tls_layer *layer = layer_of(stream);

	go_below(layer);
	layer_free(layer);
	if (stream->ops->close)
		stream->ops->close(stream);
}

static const struct skt_stream_ops tls_ops = {
	.read = tls_read,
	.peek = tls_peek,
	.write = tls_write,
	.finish = tls_finish,
	.unsent = tls_unsent,
	.interest = tls_interest,
	.pending = tls_pending,
	.close = tls_close,
};

struct skt_tls_session *skt_tls_stream_session(const struct skt_stream *stream)
{
	return stream->ops == &tls_ops ? layer_of(stream)->session : NULL;
}

const struct skt_err *skt_tls_stream_failure(const struct skt_stream *stream)
{
	const struct skt_tls_layer *layer = stream->ops == &tls_ops ? layer_of(stream) : NULL;

	return layer && layer->err.text[0] ? &layer->err : NULL;
}

/* ---- the step ---- */

/* The handshake goes on over the stream underneath, whose interest is that of the step. */
static int shake(struct skt_tls_layer *layer, struct skt_opening *opening)
{
	unsigned int wants;
	int r;

	come_back(layer);
	r = skt_tls_session_handshake(layer->session, &opening->err);
	wants = skt_tls_session_wants(layer->session);
	if (r == 0) {
		layer->stream->raw = false;
		return 0;
	}
	go_below(layer);
	if (r == -EAGAIN) {
		layer->stream->wants_read = wants & SKT_TLS_WANTS_READ;
		layer->stream->wants_write = wants & SKT_TLS_WANTS_WRITE;
	} else {
		skt_err_prefix(&opening->err, "TLS");
	}
	return r;
}

static int step_start(struct skt_opening_step *base, struct skt_opening *opening)
{
	struct skt_tls_step *step = SKT_CONTAINER(base, struct skt_tls_step, step);
	struct skt_stream *stream = &opening->connection->stream;
	struct skt_tls_layer *layer = calloc(1, sizeof(*layer));
	int r;

	if (!layer)
		return skt_fail(&opening->err, ENOMEM, "TLS");
	step->layer = layer;
	layer->carrier = (struct skt_tls_carrier){.read = carry_in, .write = carry_out};
	layer->stream = stream;
	layer->below_ops = stream->ops;
	layer->below_layer = stream->layer;
	layer->lenient = step->lenient;
	step->options.carrier = &layer->carrier;
	r = skt_tls_session_new(step->context, &step->options, &layer->session, &opening->err);
	return r ? r : shake(layer, opening);
}

static int step_ready(struct skt_opening_step *base, struct skt_opening *opening)
{
	return shake(SKT_CONTAINER(base, struct skt_tls_step, step)->layer, opening);
}

static const struct skt_opening_ops step_ops = {
	.name = "TLS handshake",
	.start = step_start,
	.ready = step_ready,
};

void skt_tls_step_init(struct skt_tls_step *step)
{
	step->step.ops = &step_ops;
}

struct skt_tls_session *skt_tls_step_session(const struct skt_tls_step *step)
{
	return step->layer ? step->layer->session : NULL;
}

void skt_tls_step_fini(struct skt_tls_step *step)
{
	if (!step->step.end_ns)
		layer_free(step->layer);
	step->layer = NULL;
}
