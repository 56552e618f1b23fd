#include "cmd/udpsend/wake.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/udpsend/hex.h"

enum { MAC = 6, TIMES = 16, WORD_MAX = 17, PASSWORD_SHORT = 4 };

/* The bytes of one word, LEN characters, of which RET has room for six; *ret_len: how many. */
static int read_bytes(const char *text, size_t len, uint8_t *ret, size_t *ret_len)
{
	char word[WORD_MAX];

	if (len > sizeof(word))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		word[i] = (char)(strchr("-.", text[i]) ? ':' : text[i]);
	if (udpsend_unhex(word, len, ret_len) || *ret_len > MAC)
		return -EINVAL;
	memcpy(ret, word, *ret_len);
	return 0;
}

int udpsend_wake(const char *text, uint8_t packet[UDPSEND_WAKE_MAX], size_t *ret_len)
{
	const size_t len = strcspn(text, "/");
	uint8_t mac[MAC], password[MAC];
	size_t mac_len = 0, password_len = 0;

	if (read_bytes(text, len, mac, &mac_len) || mac_len != MAC || mac[0] & 1)
		return -EINVAL;
	if (text[len] &&
		(read_bytes(text + len + 1, strlen(text + len + 1), password, &password_len) ||
			(password_len != PASSWORD_SHORT && password_len != MAC)))
		return -EINVAL;
	memset(packet, 0xff, MAC);
	for (size_t i = 1; i <= TIMES; i++)
		memcpy(packet + i * MAC, mac, MAC);
	memcpy(packet + (TIMES + 1) * MAC, password, password_len);
	*ret_len = (TIMES + 1) * MAC + password_len;
	return 0;
}
