#include "cmd/translate.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/command.h"
#include "cmd/dialect_match.h"

/* Enough for any line that a person types; a table that leads in a circle ends there. */
enum { STEPS_MAX = 64 };

/* ---- what comes in its place ---- */

static const char *keep(struct skt_translation *t, const struct skt_str *text)
{
	return text->failed ? NULL
			    : skt_arena_text(&t->arena, text->data ? text->data : "", text->len);
}

/* HOST:PORT of a URL: VALUE up to a slash, with PORT where it has none. */
static void add_authority(struct skt_str *out, const char *value, const char *port, size_t len)
{
	const size_t host = strcspn(value, "/");
	const char *close = memchr(value, ']', host),
		   *colon = memchr(close ? close : value, ':',
			   close ? host - (size_t)(close - value) : host);

	skt_str_add(out, value, host);
	if (!colon && strncmp(port, "0", len) != 0) {
		skt_str_add_char(out, ':');
		skt_str_add(out, port, len);
	}
}

/* One word of a template, LEN bytes, with VALUE in it. */
static void add_template(struct skt_str *out, const char *word, size_t len, const char *value)
{
	for (size_t i = 0; i < len; i++) {
		size_t digits;

		switch (word[i]) {
		case '%':
			skt_str_add_text(out, value);
			break;
		case '$':
			skt_str_add(out, value, strcspn(value, ","));
			break;
		case '@':
			digits = strspn(word + i + 1, "0123456789");
			if (digits)
				add_authority(out, value, word + i + 1, digits);
			else
				skt_str_add_char(out, '@');
			i += digits;
			break;
		default:
			skt_str_add_char(out, word[i]);
		}
	}
}

/* Adds the words of TEMPLATE to WORDS, and a command that it names to T. -ENOMEM. */
static int add_words(struct skt_translation *t, struct skt_word_vec *words, const char *template,
	const char *value)
{
	bool name = strncmp(template, "sockkit ", strlen("sockkit ")) == 0;
	struct skt_str text = {0};
	int rc = 0;

	template += name ? strlen("sockkit ") : 0;
	while (!rc && *template) {
		const size_t len = strcspn(template, " ");
		const char *word;

		text.len = 0;
		add_template(&text, template, len, value ? value : "");
		word = keep(t, &text);
		if (!word)
			rc = -ENOMEM;
		else if (name)
			t->command = word;
		else
			rc = skt_vec_push(words, word);
		name = false;
		template += len + strspn(template + len, " ");
	}
	skt_str_fini(&text);
	return rc;
}

/* `-` and the letters from FROM up to END, if there are any. -ENOMEM. */
static int add_letters(
	struct skt_translation *t, struct skt_word_vec *words, const char *from, const char *end)
{
	struct skt_str text = {0};
	const char *word;

	if (from == end)
		return 0;
	skt_str_add_char(&text, '-');
	skt_str_add(&text, from, (size_t)(end - from));
	word = keep(t, &text);
	skt_str_fini(&text);
	return word ? skt_vec_push(words, word) : -ENOMEM;
}

static int note(struct skt_translation *t, const struct skt_dialect_match *match)
{
	const char letter[] = {'-', match->letter ? *match->letter : '\0', '\0'};
	struct skt_str text = {0};

	if (t->first && (match->dialect->to || t->lost))
		return 0;
	SKT_ASSERT(t->words.data && match->at + match->count <= t->words.len);
	skt_str_add_text(&text, match->letter ? letter : t->words.data[match->at]);
	if (match->count > 1) {
		skt_str_add_char(&text, ' ');
		skt_str_add_text(&text, t->words.data[match->at + 1]);
	} else if (match->letter && match->attached) {
		skt_str_add_text(&text, match->letter + 1);
	}
	t->first = match->dialect;
	t->typed = keep(t, &text);
	skt_str_fini(&text);
	return t->typed ? 0 : -ENOMEM;
}

/* Puts what MATCH is here in its place. */
static int apply(struct skt_translation *t, const struct skt_dialect_match *match)
{
	const struct skt_word_vec old = t->words;
	struct skt_word_vec words = {0};
	int rc = note(t, match);

	SKT_ASSERT(old.data || !old.len);
	SKT_ASSERT(match->at <= old.len && match->count <= old.len - match->at);
	if (!rc && !match->dialect->to) {
		t->lost = true;
		return 0;
	}
	for (size_t i = 0; !rc && i < match->at; i++)
		rc = skt_vec_push(&words, old.data[i]);
	if (!rc && match->letter)
		rc = add_letters(t, &words, match->cluster + 1, match->letter);
	if (!rc)
		rc = add_words(t, &words, match->dialect->to, match->value);
	if (!rc && match->letter && !match->attached)
		rc = add_letters(
			t, &words, match->letter + 1, match->letter + strlen(match->letter));
	for (size_t i = match->at + match->count; !rc && i < old.len; i++)
		rc = skt_vec_push(&words, old.data[i]);
	skt_vec_free(&t->words);
	t->words = words;
	return rc;
}

static struct skt_dialect_line line_of(const struct skt_translation *t)
{
	return (struct skt_dialect_line){t->command, t->words.data, t->words.len};
}

static bool find(const struct skt_dialect *table, const struct skt_translation *t,
	struct skt_dialect_match *ret)
{
	const struct skt_dialect_line line = line_of(t);

	return skt_dialect_match_find(table, &line, ret);
}

static int begin(
	struct skt_translation *t, const char *command, const char *const *words, size_t count)
{
	int rc = 0;

	*t = (struct skt_translation){.command = command};
	for (size_t i = 0; !rc && i < count; i++)
		rc = skt_vec_push(&t->words, words[i]);
	return rc;
}

static int translate(struct skt_translation *t, const struct skt_dialect *table)
{
	struct skt_dialect_match match;
	int rc = 0;

	for (int step = 0; !rc && !t->lost && step < STEPS_MAX && find(table, t, &match); step++)
		rc = apply(t, &match);
	return rc;
}

/*
 * Which of its rows a program is by the words behind it: the first that is there. Only a value is
 * taken from them; options are the command's to understand. False: none is.
 */
static bool find_program(const struct skt_translation *t, struct skt_dialect_match *ret)
{
	const struct skt_dialect_line line = line_of(t);
	struct skt_dialect_match match;

	for (const struct skt_dialect *d = skt_dialects; d->word; d++) {
		for (size_t at = 0; d->command && at < line.count; at++) {
			if (strcmp(d->command, t->command) != 0 ||
				!skt_dialect_match_words(d, &line, at, &match))
				continue;
			if (match.count < 2)
				match.count = 0;
			*ret = match;
			return true;
		}
	}
	return false;
}

/* The command in place of the program that T names, if it is one. */
static int translate_program(struct skt_translation *t)
{
	struct skt_dialect_match match = {0};

	if (skt_command_find(t->command))
		return 0;
	for (const struct skt_dialect *d = skt_dialects; d->word; d++)
		if (!d->command && strcmp(d->word, t->command) == 0) {
			match.dialect = d;
			t->first = d;
			t->typed = t->command;
		}
	if (!match.dialect || !match.dialect->to) {
		t->lost = true;
		return 0;
	}
	(void)find_program(t, &match);
	return apply(t, &match);
}

int skt_translate(
	const char *command, const char *const *words, size_t count, struct skt_translation *ret)
{
	struct skt_dialect_line line;
	int rc = begin(ret, command, words, count);

	if (!rc)
		rc = translate_program(ret);
	if (!rc)
		rc = translate(ret, skt_dialects);
	if (!rc && ret->first)
		rc = translate(ret, skt_dialects_taken);
	line = line_of(ret);
	ret->whole = !rc && !ret->lost && skt_dialect_line_whole(&line);
	return rc;
}

int skt_translate_taken(
	const char *command, const char *const *words, size_t count, struct skt_translation *ret)
{
	int rc = begin(ret, command, words, count);

	return rc ? rc : translate(ret, skt_dialects_taken);
}

void skt_translation_text(struct skt_str *out, const struct skt_translation *t)
{
	skt_str_add_text(out, "sockkit ");
	skt_str_add_text(out, t->command);
	for (size_t i = 0; i < t->words.len; i++) {
		const char *word = t->words.data[i];
		const bool plain = *word &&
			!word[strspn(word,
				"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,=-")];

		skt_str_add_text(out, plain ? " " : " '");
		for (; *word; word++)
			skt_str_add_text(
				out, *word == '\'' ? "'\"'\"'" : (const char[]){*word, '\0'});
		if (!plain)
			skt_str_add_char(out, '\'');
	}
}

void skt_translation_fini(struct skt_translation *t)
{
	skt_vec_free(&t->words);
	skt_arena_fini(&t->arena);
}
