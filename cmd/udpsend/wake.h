/* Wake-on-LAN: the packet that a network card which sleeps is woken by. */
#ifndef SKT_CMD_UDPSEND_WAKE_H
#define SKT_CMD_UDPSEND_WAKE_H

#include <stddef.h>
#include <stdint.h>

enum { UDPSEND_WAKE_MAX = 6 + 16 * 6 + 6, UDPSEND_WAKE_PORT = 9 };

/*
 * The packet for TEXT, MAC or MAC/PASSWORD: six bytes of ones, the address sixteen times, and the
 * password of SecureON, four or six bytes (AMD, "Magic Packet Technology", 1995). Both are written
 * in hexadecimal, with ':', '-', '.' or nothing between bytes. *ret_len: bytes of it. -EINVAL: no
 * address of one card.
 */
int udpsend_wake(const char *text, uint8_t packet[UDPSEND_WAKE_MAX], size_t *ret_len);

#endif
