#include "tls/context.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/certificate_internal.h"
#include "tls/context_internal.h"
#include "tls/explain.h"
#include "tls/verify.h"

/*
 * How much is read at once: four full records of TLS 1.3 (RFC 8446, 5.2), and what OpenSSL takes
 * for alignment. A part of a record at the end of the buffer would cost a read of its own.
 */
enum { READ_BUFFER = 4 * (5 + 16384 + 1 + 16) + 3 };

const char *skt_tls_lacks(void)
{
	return NULL;
}

static int fail(struct skt_err *err, const char *what, const char *name)
{
	return skt_fail_domain(err, EINVAL, SKT_ERR_TLS, SKT_TLS_CONFIGURED,
		skt_tls_library_words(), "%s '%s'", what, name);
}

/* OpenSSL's own words for a file that cannot be read are long and without the reason. */
static int check_file(const char *name, const char *what, struct stat *ret, struct skt_err *err)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r = 0;

	if (fd < 0 || fstat(fd, ret))
		r = skt_fail(err, errno, "%s '%s'", what, name);
	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* Those who may sign the certificates of clients, told to them so that they know which to show. */
static int ask_clients(SSL_CTX *ssl, const char *ca, bool is_dir)
{
	STACK_OF(X509_NAME) *names = is_dir ? sk_X509_NAME_new_null() : SSL_load_client_CA_file(ca);

	if (!names)
		return -ENOMEM;
	/* A directory with nothing that can be read: who comes is told nothing, and refused. */
	if (is_dir)
		(void)SSL_add_dir_cert_subjects_to_stack(names, ca);
	SSL_CTX_set_client_CA_list(ssl, names);
	return 0;
}

static int load_authorities(struct skt_tls_context *context, const char *ca, struct skt_err *err)
{
	struct stat st;
	int r;

	if (!ca && context->server)
		return 0;
	if (!ca) {
		const char *file = getenv(X509_get_default_cert_file_env());
		const char *dir = getenv(X509_get_default_cert_dir_env());

		if (access(file ? file : X509_get_default_cert_file(), R_OK) &&
			access(dir ? dir : X509_get_default_cert_dir(), R_OK))
			context->lacks_authorities = "this system has no list of authorities "
						     "(ca-certificates)";
		return SSL_CTX_set_default_verify_paths(context->ssl) ? 0 : -ENOMEM;
	}
	r = check_file(ca, "authorities", &st, err);
	if (r)
		return r;
	if (!(S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(context->ssl, ca)
				  : SSL_CTX_load_verify_file(context->ssl, ca)))
		return fail(err, "authorities", ca);
	return context->server ? ask_clients(context->ssl, ca, S_ISDIR(st.st_mode)) : 0;
}

/* The first is shown unless another is chosen; whether one of those could be is tried. */
static int try_own(struct skt_tls_context *context, const struct skt_tls_own *own,
	const struct skt_tls_identity *identity, struct skt_err *err)
{
	SSL *trial = context->owns.len ? SSL_new(context->ssl) : NULL;
	int r = skt_tls_own_show(own, trial ? NULL : context->ssl, trial);

	if (r)
		(void)fail(err, "certificate", identity ? identity->cert : "");
	SSL_free(trial);
	return r;
}

static int load_own(struct skt_tls_context *context, const struct skt_tls_identity *identity,
	const struct skt_tls_options *options, struct skt_err *err)
{
	struct skt_tls_own own = {0};
	int r = identity ? skt_tls_own_load(&own, identity, err)
			 : skt_tls_own_make(&own, options->temporary, options->temporary_count);

	if (r == 0)
		r = try_own(context, &own, identity, err);
	if (r == 0)
		r = skt_vec_push(&context->owns, own);
	if (r)
		skt_tls_own_fini(&own);
	return r;
}

/* Those for the name that the client asks for; none: the first stays, as the context has it. */
static int choose_own(SSL *ssl, void *arg)
{
	const struct skt_tls_context *context = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	bool cleared = false;

	/* There is one place for each kind of key, and the last to come has it. */
	for (size_t i = context->owns.len; name && i > 0; i--) {
		const struct skt_tls_own *own = &context->owns.data[i - 1];

		if (!skt_tls_own_is_for(own, name))
			continue;
		if (!cleared)
			SSL_certs_clear(ssl);
		cleared = true;
		if (skt_tls_own_show(own, NULL, ssl))
			return 0;
	}
	return 1;
}

static int load_owns(
	struct skt_tls_context *context, const struct skt_tls_options *options, struct skt_err *err)
{
	int r = 0;

	for (size_t i = 0; i < options->identities_count && r == 0; i++)
		r = load_own(context, &options->identities[i], options, err);
	if (options->temporary_count && !options->identities_count)
		r = load_own(context, NULL, options, err);
	if (context->owns.len > 1)
		SSL_CTX_set_cert_cb(context->ssl, choose_own, context);
	return r;
}

static void log_key(const SSL *ssl, const char *line)
{
	struct skt_tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	size_t len = strlen(line);
	char whole[512];
	ssize_t written;

	if (len + 1 > sizeof(whole))
		return;
	memcpy(whole, line, len);
	whole[len] = '\n';
	do
		written = write(context->keylog_fd, whole, len + 1);
	while (written < 0 && errno == EINTR);
	if (written != (ssize_t)len + 1 && !context->keylog_error)
		context->keylog_error = written < 0 ? -errno : -ENOSPC;
}

static int open_keylog(struct skt_tls_context *context, const char *name, struct skt_err *err)
{
	if (!name)
		return 0;
	context->keylog_fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (context->keylog_fd < 0)
		return skt_fail(err, errno, "key log '%s'", name);
	SSL_CTX_set_keylog_callback(context->ssl, log_key);
	return 0;
}

/* The first of our protocols that the client has too; without one it is refused (RFC 7301, 3.2). */
static int select_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
	const unsigned char *offered, unsigned int len, void *arg)
{
	const struct skt_tls_context *context = arg;
	unsigned char *chosen;

	(void)ssl;
	if (SSL_select_next_proto(&chosen, ret_len, context->alpn, context->alpn_len, offered,
		    len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int set_alpn(struct skt_tls_context *context, const char *text, struct skt_err *err)
{
	int r = text ? skt_tls_alpn_parse(text, context->alpn) : 0;

	if (r < 0)
		return skt_fail_text(err, -r, "'%s' is no list of protocols", text);
	context->alpn_len = (unsigned int)r;
	if (context->server && r)
		SSL_CTX_set_alpn_select_cb(context->ssl, select_alpn, context);
	else if (r && SSL_CTX_set_alpn_protos(context->ssl, context->alpn, context->alpn_len))
		return -ENOMEM;
	return 0;
}

static void set_tickets(SSL_CTX *ssl, bool tickets)
{
	(void)SSL_CTX_set_num_tickets(ssl, tickets ? 1 : 0);
	if (!tickets)
		(void)SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
}

static int set_rules(SSL_CTX *ssl, const struct skt_tls_options *options)
{
	static const int versions[] = {
		[SKT_TLS_DEFAULT] = TLS1_2_VERSION,
		[SKT_TLS_1_0] = TLS1_VERSION,
		[SKT_TLS_1_1] = TLS1_1_VERSION,
		[SKT_TLS_1_2] = TLS1_2_VERSION,
		[SKT_TLS_1_3] = TLS1_3_VERSION,
	};
	bool old = options->min == SKT_TLS_1_0 || options->min == SKT_TLS_1_1;

	(void)SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	(void)SSL_CTX_set_mode(ssl,
		SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
			SSL_MODE_RELEASE_BUFFERS);
	if (!options->server || options->ca)
		skt_tls_verify_install(ssl);
	SSL_CTX_set_read_ahead(ssl, 1);
	SSL_CTX_set_default_read_buffer_len(ssl, READ_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	if (options->server)
		set_tickets(ssl, options->tickets && !options->ca);
	/* The signatures of TLS 1.0 and 1.1 are of SHA-1, which no level but the lowest takes. */
	if (options->lax || old)
		SSL_CTX_set_security_level(ssl, 0);
	return SSL_CTX_set_min_proto_version(ssl, versions[options->min]) ? 0 : -ENOMEM;
}

int skt_tls_context_new(
	const struct skt_tls_options *options, struct skt_tls_context **ret, struct skt_err *err)
{
	struct skt_tls_context *context = calloc(1, sizeof(*context));
	struct skt_err why = {0};
	int r = context ? 0 : -ENOMEM;

	ERR_clear_error();
	if (r == 0) {
		context->users = 1;
		context->keylog_fd = -1;
		context->server = options->server;
		context->ssl =
			SSL_CTX_new(options->server ? TLS_server_method() : TLS_client_method());
		context->carrier = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "skt");
		if (!context->ssl || !context->carrier)
			r = -ENOMEM;
	}
	if (r == 0) {
		(void)SSL_CTX_set_app_data(context->ssl, context);
		r = set_rules(context->ssl, options);
	}
	if (r == 0)
		r = load_authorities(context, options->ca, &why);
	if (r == 0)
		r = load_owns(context, options, &why);
	if (r == 0)
		r = set_alpn(context, options->alpn, &why);
	if (r == 0)
		r = open_keylog(context, options->keylog, &why);
	ERR_clear_error();
	if (r) {
		skt_tls_context_free(context);
		if (r == -ENOMEM && !why.text[0])
			return skt_fail(err, ENOMEM, "TLS");
		if (err)
			*err = why;
		return r;
	}
	*ret = context;
	return 0;
}

int skt_tls_context_certificate(const struct skt_tls_context *context, size_t index,
	struct skt_arena *arena, struct skt_tls_certificate *ret)
{
	int r = -ENOENT;

	if (index < context->owns.len)
		r = skt_tls_certificate_read(context->owns.data[index].leaf, arena, ret);
	ERR_clear_error();
	return r;
}

int skt_tls_context_keylog_error(const struct skt_tls_context *context)
{
	return context ? context->keylog_error : 0;
}

void skt_tls_context_free(struct skt_tls_context *context)
{
	if (!context || --context->users)
		return;
	for (size_t i = 0; i < context->owns.len; i++)
		skt_tls_own_fini(&context->owns.data[i]);
	skt_vec_free(&context->owns);
	SSL_CTX_free(context->ssl);
	BIO_meth_free(context->carrier);
	if (context->keylog_fd >= 0)
		(void)close(context->keylog_fd);
	free(context);
}
