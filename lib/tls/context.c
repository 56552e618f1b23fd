#include "tls/context.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/context_internal.h"
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

const char *skt_tls_library_words(void)
{
	const char *words = ERR_reason_error_string(ERR_peek_error());

	return words ? words : "nothing is known of the reason";
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

static int load_authorities(struct skt_tls_context *context, const char *ca, struct skt_err *err)
{
	struct stat st;
	int r;

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
	if (S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(context->ssl, ca)
				: SSL_CTX_load_verify_file(context->ssl, ca))
		return 0;
	return fail(err, "authorities", ca);
}

/* Nobody is there to be asked, and the terminal is not ours to read. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
	(void)text, (void)size, (void)writing, (void)arg;
	return -1;
}

/* OpenSSL tries one decoder after the other: the reason is anywhere among its errors. */
static int fail_key(const struct skt_tls_options *options, const char *key, struct skt_err *err)
{
	bool locked = false, foreign = false;
	unsigned long code;

	while ((code = ERR_get_error())) {
		int reason = ERR_GET_REASON(code);

		locked |= reason == PEM_R_BAD_PASSWORD_READ ||
			reason == PEM_R_PROBLEMS_GETTING_PASSWORD;
		foreign |= ERR_GET_LIB(code) == ERR_LIB_X509;
	}
	if (locked)
		return skt_fail_text(err, EINVAL,
			"key '%s': it is encrypted: write it without a passphrase", key);
	if (foreign)
		return skt_fail_text(err, EINVAL, "key '%s': it is not that of certificate '%s'",
			key, options->cert);
	return skt_fail_text(err, EINVAL, "key '%s': no private key is in it%s", key,
		options->key ? "" : ": see --key");
}

static int load_certificate(
	SSL_CTX *ssl, const struct skt_tls_options *options, struct skt_err *err)
{
	const char *key = options->key ? options->key : options->cert;
	struct stat st;
	int r;

	if (!options->cert)
		return 0;
	r = check_file(options->cert, "certificate", &st, err);
	if (r == 0 && !SSL_CTX_use_certificate_chain_file(ssl, options->cert))
		r = fail(err, "certificate", options->cert);
	if (r == 0)
		r = check_file(key, "key", &st, err);
	if (r)
		return r;
	SSL_CTX_set_default_passwd_cb(ssl, no_passphrase);
	if (SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1)
		return fail_key(options, key, err);
	if (SSL_CTX_check_private_key(ssl) == 1)
		return 0;
	return skt_fail_text(
		err, EINVAL, "key '%s': it is not that of certificate '%s'", key, options->cert);
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
	(void)SSL_CTX_set_mode(
		ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (!options->server)
		skt_tls_verify_install(ssl);
	SSL_CTX_set_read_ahead(ssl, 1);
	SSL_CTX_set_default_read_buffer_len(ssl, READ_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
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
		context->keylog_fd = -1;
		context->server = options->server;
		context->ssl =
			SSL_CTX_new(options->server ? TLS_server_method() : TLS_client_method());
		context->carrier = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "skt");
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
		r = load_certificate(context->ssl, options, &why);
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

int skt_tls_context_keylog_error(const struct skt_tls_context *context)
{
	return context ? context->keylog_error : 0;
}

void skt_tls_context_free(struct skt_tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ssl);
	BIO_meth_free(context->carrier);
	if (context->keylog_fd >= 0)
		(void)close(context->keylog_fd);
	free(context);
}
