#include "tls/identity_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "tls/explain.h"

/* Of a file: chains are of a few certificates, and those of a few KiB. */
enum { FILE_MAX = 1024 * 1024 };

/* ---- files ---- */

/* What is in a file, which may be a pipe and is read once. */
struct text {
	char *bytes;
	size_t len;
};

static void text_free(struct text *text)
{
	OPENSSL_clear_free(text->bytes, FILE_MAX);
	*text = (struct text){0};
}

static int text_read(struct text *text, const char *name, const char *what, struct skt_err *err)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	int r = 0;

	if (fd < 0)
		return skt_fail(err, errno, "%s '%s'", what, name);
	text->bytes = OPENSSL_malloc(FILE_MAX);
	if (!text->bytes)
		r = skt_fail(err, ENOMEM, "%s '%s'", what, name);
	while (r == 0 && text->len < FILE_MAX) {
		n = read(fd, text->bytes + text->len, FILE_MAX - text->len);
		if (n > 0)
			text->len += (size_t)n;
		else if (n == 0 || errno != EINTR)
			break;
	}
	if (r == 0 && n < 0)
		r = skt_fail(err, errno, "%s '%s'", what, name);
	if (r == 0 && text->len == FILE_MAX)
		r = skt_fail(err, EFBIG, "%s '%s'", what, name);
	(void)close(fd);
	return r;
}

static BIO *text_bio(const struct text *text)
{
	return BIO_new_mem_buf(text->bytes, (int)text->len);
}

/* ---- certificate and chain ---- */

/* The certificates behind the first. */
static int read_chain(struct skt_tls_own *own, BIO *bio)
{
	unsigned long code;
	X509 *x509;

	while ((x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (!own->chain)
			own->chain = sk_X509_new_null();
		if (!own->chain || !sk_X509_push(own->chain, x509)) {
			X509_free(x509);
			return -ENOMEM;
		}
	}
	code = ERR_peek_last_error();
	return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE
		? 0
		: -EINVAL;
}

static int read_certificate(
	struct skt_tls_own *own, const struct text *text, const char *name, struct skt_err *err)
{
	BIO *bio = text_bio(text);
	int r = -ENOMEM;

	if (bio) {
		own->leaf = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
		r = own->leaf ? read_chain(own, bio) : -EINVAL;
	}
	if (r == -EINVAL)
		r = skt_fail_domain(err, EINVAL, SKT_ERR_TLS, SKT_TLS_CONFIGURED,
			skt_tls_library_words(), "certificate '%s'", name);
	ERR_clear_error();
	BIO_free(bio);
	return r;
}

/* ---- key ---- */

/* Nobody is there to be asked, and the terminal is not ours to read. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
	(void)text, (void)size, (void)writing, (void)arg;
	return -1;
}

/* OpenSSL tries one decoder after the other: the reason is anywhere among its errors. */
static bool is_locked(void)
{
	bool locked = false;
	unsigned long code;

	while ((code = ERR_get_error()))
		locked |= ERR_GET_REASON(code) == PEM_R_BAD_PASSWORD_READ ||
			ERR_GET_REASON(code) == PEM_R_PROBLEMS_GETTING_PASSWORD;
	return locked;
}

static int read_key(struct skt_tls_own *own, const struct text *text,
	const struct skt_tls_identity *identity, struct skt_err *err)
{
	const char *name = identity->key ? identity->key : identity->cert;
	BIO *bio = text_bio(text);

	if (!bio)
		return -ENOMEM;
	own->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (own->key) {
		ERR_clear_error();
		return 0;
	}
	if (is_locked())
		return skt_fail_text(err, EINVAL,
			"key '%s': it is encrypted: write it without a passphrase", name);
	return skt_fail_text(err, EINVAL, "key '%s': no private key is in it%s", name,
		identity->key ? "" : ": see --key");
}

static int check_key(
	const struct skt_tls_own *own, const struct skt_tls_identity *identity, struct skt_err *err)
{
	const char *name = identity->key ? identity->key : identity->cert;
	bool behind = false;

	if (X509_check_private_key(own->leaf, own->key) == 1)
		return 0;
	for (int i = 0; i < sk_X509_num(own->chain); i++)
		behind |= X509_check_private_key(sk_X509_value(own->chain, i), own->key) == 1;
	ERR_clear_error();
	if (behind)
		return skt_fail_text(err, EINVAL,
			"certificate '%s': that of the key has to be the first in it, issuers "
			"behind",
			identity->cert);
	return skt_fail_text(
		err, EINVAL, "key '%s': it is not that of certificate '%s'", name, identity->cert);
}

int skt_tls_own_load(
	struct skt_tls_own *own, const struct skt_tls_identity *identity, struct skt_err *err)
{
	struct text cert = {0}, key = {0};
	int r = text_read(&cert, identity->cert, "certificate", err);

	if (r == 0)
		r = read_certificate(own, &cert, identity->cert, err);
	if (r == 0 && identity->key)
		r = text_read(&key, identity->key, "key", err);
	if (r == 0)
		r = read_key(own, identity->key ? &key : &cert, identity, err);
	if (r == 0)
		r = check_key(own, identity, err);
	text_free(&cert);
	text_free(&key);
	return r;
}

/* ---- use ---- */

bool skt_tls_own_is_for(const struct skt_tls_own *own, const char *name)
{
	bool is = X509_check_host(own->leaf, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) ==
		1;

	ERR_clear_error();
	return is;
}

int skt_tls_own_show(const struct skt_tls_own *own, SSL_CTX *ctx, SSL *ssl)
{
	int r = ctx ? SSL_CTX_use_cert_and_key(ctx, own->leaf, own->key, own->chain, 1)
		    : SSL_use_cert_and_key(ssl, own->leaf, own->key, own->chain, 1);

	return r == 1 ? 0 : -EINVAL;
}

void skt_tls_own_fini(struct skt_tls_own *own)
{
	X509_free(own->leaf);
	sk_X509_pop_free(own->chain, X509_free);
	EVP_PKEY_free(own->key);
	*own = (struct skt_tls_own){0};
}
