/* Dates of certificates: seconds since the epoch. Pure. */
#ifndef SKT_TLS_DATE_H
#define SKT_TLS_DATE_H

#include <stdint.h>

/* What is no date, of what cannot be read as one. */
#define SKT_TLS_NO_DATE INT64_MIN

enum { SKT_TLS_DATE_MAX = sizeof("-2147483648-12-31T23:59:59Z") };

/* SECONDS as `2026-11-28T21:37:00Z`, "?" where that is no date. Returns TEXT. */
const char *skt_tls_date_text(int64_t seconds, char text[SKT_TLS_DATE_MAX]);

/* Whole days from NOW to THEN, rounded down; negative where that is over. */
int64_t skt_tls_days_between(int64_t now, int64_t then);

#endif
