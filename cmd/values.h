/*
 * Arguments of options, read in one way by all commands. Each reader takes the OPTION as users
 * write it ("--rate"), tells what it expected where TEXT is something else, and returns 0 or what
 * the parser must return; RET is written on success only.
 */
#ifndef SKT_CMD_VALUES_H
#define SKT_CMD_VALUES_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number from MIN to MAX. */
error_t skt_parse_count(const struct argp_state *state, const char *option, const char *text,
	uint64_t min, uint64_t max, uint64_t *ret);

/* A DURATION above 0. */
error_t skt_parse_duration(
	const struct argp_state *state, const char *option, const char *text, uint64_t *ret_ns);

/* A SIZE of at least MIN and at most MAX bytes. */
error_t skt_parse_size(const struct argp_state *state, const char *option, const char *text,
	uint64_t min, uint64_t max, uint64_t *ret);

/* One of COUNT words, two or more: its place among them. */
error_t skt_parse_choice(const struct argp_state *state, const char *option, const char *text,
	const char *const *words, size_t count, int *ret);

/* The same without a word about it: -1 where TEXT is none of them. */
int skt_choice(const char *text, const char *const *words, size_t count);

#endif
