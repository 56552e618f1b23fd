#include "cmd/dialect_match.h"

#include <string.h>

#include "base/glob.h"
#include "base/macros.h"
#include "cmd/command.h"
#include "cmd/option_table.h"

/* ---- patterns ---- */

static bool is_number(const char *word)
{
	size_t digits = strspn(word, "0123456789");

	return digits && !word[digits];
}

/* Whether a VALUE, N, or text of a pattern is WORD. */
static bool is_value(const char *pattern, const char *word)
{
	const size_t len = strlen(pattern);

	if (strcmp(pattern, "N") == 0)
		return is_number(word);
	if (strspn(pattern, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len && len > 1 &&
		strcmp(pattern, "TCP") != 0 && strcmp(pattern, "UDP") != 0)
		return true;
	return skt_glob_match(pattern, len, word, strlen(word), false);
}

/* The text of the first `*` of PATTERN, which is WORD, and what follows; else all of it. */
static const char *starred(const char *pattern, const char *word)
{
	return strchr(pattern, '*') ? word + strcspn(pattern, "*") : word;
}

/* An option of one letter, with a value or without. */
static bool is_letter(const char *pattern)
{
	return pattern[0] == '-' && pattern[1] && pattern[1] != '-' &&
		(!pattern[2] || pattern[2] == ' ');
}

bool skt_dialect_match_words(const struct skt_dialect *dialect, const struct skt_dialect_line *t,
	size_t at, struct skt_dialect_match *ret)
{
	const char *pattern = dialect->word, *word = t->words[at], *second = strchr(pattern, ' ');
	const size_t len = second ? (size_t)(second - pattern) : strlen(pattern);

	*ret = (struct skt_dialect_match){.dialect = dialect, .at = at, .count = second ? 2 : 1};
	if (!second) {
		ret->value = starred(pattern, word);
		return skt_glob_match(pattern, len, word, strlen(word), false);
	}
	if (strncmp(word, pattern, len) != 0)
		return false;
	if (word[len]) {
		/* Attached: -q1. */
		ret->count = 1;
		ret->value = starred(second + 1, word + len);
		return len == 2 && pattern[1] != '-' && is_value(second + 1, word + len);
	}
	if (at + 1 >= t->count || !is_value(second + 1, t->words[at + 1]))
		return false;
	ret->value = starred(second + 1, t->words[at + 1]);
	return true;
}

static bool find_words(const struct skt_dialect *table, const struct skt_dialect_line *t, size_t at,
	struct skt_dialect_match *ret)
{
	for (const struct skt_dialect *d = table; d->word; d++)
		if (d->command && strcmp(d->command, t->command) == 0 &&
			skt_dialect_match_words(d, t, at, ret))
			return true;
	return false;
}

/* The same of what is taken: unless there is more to say of it. */
static bool find_taken(const struct skt_dialect_line *t, size_t at, struct skt_dialect_match *ret)
{
	struct skt_dialect_match answered;

	return find_words(skt_dialects_taken, t, at, ret) &&
		!find_words(skt_dialects, t, at, &answered);
}

/* A letter of the cluster at AT that DIALECT is about. */
static bool match_letter(const struct skt_dialect *dialect, const struct skt_dialect_line *t,
	size_t at, const char *letter, struct skt_dialect_match *ret)
{
	const char *next = at + 1 < t->count ? t->words[at + 1] : NULL, *value;

	*ret = (struct skt_dialect_match){.dialect = dialect,
		.at = at,
		.count = 1,
		.cluster = t->words[at],
		.letter = letter};
	if (!is_letter(dialect->word) || dialect->word[1] != *letter)
		return false;
	if (!dialect->word[2])
		return true;
	value = dialect->word + 3;
	ret->attached = letter[1];
	ret->count = letter[1] || !next ? 1 : 2;
	ret->value = letter[1] ? letter + 1 : next;
	if (ret->value && is_value(value, ret->value)) {
		ret->value = starred(value, ret->value);
		return true;
	}
	return false;
}

/* ---- the line ---- */

static const struct argp_option *own(
	const struct skt_dialect_line *t, const char *name, size_t len, int letter)
{
	const struct skt_command *command = skt_command_find(t->command);

	return command ? skt_option_find(command->argp, name, len, letter) : NULL;
}

/* Looks through the cluster at AT; *RET_SKIP: the next word is the value of an own option. */
static bool find_letter(const struct skt_dialect *table, const struct skt_dialect_line *t,
	size_t at, struct skt_dialect_match *ret, bool *ret_skip)
{
	const char *word = t->words[at];

	for (const char *letter = word + 1; *letter; letter++) {
		const struct argp_option *option = own(t, NULL, 0, (unsigned char)*letter);

		if (option && option->arg) {
			*ret_skip = !letter[1] && !(option->flags & OPTION_ARG_OPTIONAL);
			return false;
		}
		if (option)
			continue;
		for (const struct skt_dialect *d = table; d->word; d++)
			if (d->command && strcmp(d->command, t->command) == 0 &&
				match_letter(d, t, at, letter, ret))
				return true;
		return false;
	}
	return false;
}

/* The value of an own option that the word at AT takes from the next one. False: AT is none. */
static bool known_option(const struct skt_dialect_line *t, const char *word, bool *ret_skip)
{
	const size_t len = strcspn(word, "=");
	const struct argp_option *option = NULL;

	*ret_skip = false;
	if (word[1] == '-') {
		option = own(t, word + 2, len - 2, 0);
		*ret_skip = option && option->arg && !word[len] &&
			!(option->flags & OPTION_ARG_OPTIONAL);
		return option || strcmp(word, "--help") == 0;
	}
	for (const char *letter = word + 1; *letter; letter++) {
		option = own(t, NULL, 0, (unsigned char)*letter);
		if (!option)
			return false;
		if (!option->arg)
			continue;
		*ret_skip = !letter[1] && !(option->flags & OPTION_ARG_OPTIONAL);
		return true;
	}
	return true;
}

bool skt_dialect_line_whole(const struct skt_dialect_line *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *word = t->words[i];
		bool skip = false;

		if (strcmp(word, "--") == 0)
			return true;
		if (word[0] == '-' && word[1] && !known_option(t, word, &skip))
			return false;
		i += skip;
		if (i >= t->count)
			return false;
	}
	return true;
}

bool skt_dialect_match_find(const struct skt_dialect *table, const struct skt_dialect_line *t,
	struct skt_dialect_match *ret)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *word = t->words[i];
		bool skip = false;

		if (strcmp(word, "--") == 0)
			return false;
		if (table == skt_dialects_taken ? find_taken(t, i, ret)
						: find_words(table, t, i, ret))
			return true;
		if (word[0] != '-' || !word[1])
			continue;
		if (word[1] == '-')
			(void)known_option(t, word, &skip);
		else if (find_letter(table, t, i, ret, &skip))
			return true;
		i += skip;
	}
	return false;
}
