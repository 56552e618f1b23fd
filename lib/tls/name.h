/*
 * Names of servers as certificates and SNI have them: ASCII. What is not ASCII becomes its A-labels
 * (RFC 5891, RFC 3492): letters are taken as they are written, without the mappings of UTS 46 but
 * that to lower case of ASCII. Pure.
 */
#ifndef SKT_TLS_NAME_H
#define SKT_TLS_NAME_H

enum { SKT_TLS_NAME_MAX = 254 };

/* Without the dot at its end. -EINVAL: no name (an empty label, not UTF-8); -ENAMETOOLONG. */
int skt_tls_name_parse(const char *text, char ret[SKT_TLS_NAME_MAX]);

#endif
