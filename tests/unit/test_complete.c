/* Where a cursor stands: on a command line, and in a filter. */
#include "unit.h"

#include <string.h>

#include "base/macros.h"
#include "cmd/complete/filter.h"
#include "cmd/complete/place.h"
#include "cmd/complete/values.h"
#include "cmd/listing/columns.h"
#include "cmd/option_table.h"

/* ---- command lines ---- */

enum { WORDS_MAX = 8 };

static void words_lead_to_a_place(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		enum complete_kind kind;
		const char *metavar;
		size_t front, arguments;
	} cases[] = {
		{{""}, COMPLETE_COMMAND, "", 0, 0},
		{{"so"}, COMPLETE_COMMAND, "", 0, 0},
		{{"--v"}, COMPLETE_OPTION, "", 0, 0},
		{{"help", ""}, COMPLETE_COMMAND, "", 0, 0},
		{{"help", "ports", ""}, COMPLETE_NOTHING, "", 0, 0},
		{{"nonsense", ""}, COMPLETE_NOTHING, "", 0, 0},
		{{"ports", ""}, COMPLETE_VALUE, "PORTS", 0, 0},
		{{"ports", "22", "80", ""}, COMPLETE_VALUE, "PORTS", 0, 2},
		{{"ports", "-"}, COMPLETE_OPTION, "", 0, 0},
		{{"ports", "--fo"}, COMPLETE_OPTION, "", 0, 0},
		{{"ports", "--format", ""}, COMPLETE_VALUE, "table|long|json|jsonl|csv|openmetrics",
			0, 0},
		{{"ports", "--format="}, COMPLETE_VALUE, "table|long|json|jsonl|csv|openmetrics", 9,
			0},
		{{"ports", "-f", "j"}, COMPLETE_VALUE, "table|long|json|jsonl|csv|openmetrics", 0,
			0},
		{{"ports", "-fj"}, COMPLETE_VALUE, "table|long|json|jsonl|csv|openmetrics", 2, 0},
		{{"ports", "-tuf", "j"}, COMPLETE_VALUE, "table|long|json|jsonl|csv|openmetrics", 0,
			0},
		/* By a beginning that no other option has. */
		{{"ports", "--forma", "j"}, COMPLETE_VALUE, "table|long|json|jsonl|csv|openmetrics",
			0, 0},
		/* A value that may be left out stands behind = only. */
		{{"ports", "--kill", ""}, COMPLETE_VALUE, "PORTS", 0, 0},
		{{"ports", "--kill="}, COMPLETE_VALUE, "SIGNAL", 7, 0},
		{{"ports", "--json=x"}, COMPLETE_NOTHING, "", 0, 0},
		{{"ports", "--no-such-option", ""}, COMPLETE_VALUE, "PORTS", 0, 0},
		{{"ports", "--", "-"}, COMPLETE_VALUE, "PORTS", 0, 0},
		{{"ports", "--free", "--hold", "--", ""}, COMPLETE_VALUE, "CMD", 0, 0},
		{{"ports", "--free", "--hold", "--", "ls", ""}, COMPLETE_VALUE, "FILE", 0, 1},
		{{"listen", "1", "2", "3"}, COMPLETE_VALUE, "", 0, 2},
		/* What an alias takes is what the option takes. */
		{{"listen", "--sh-exec", ""}, COMPLETE_VALUE, "CMD", 0, 0},
		{{"connect", "-z", "h", ""}, COMPLETE_VALUE, "ENDPOINT", 0, 1},
		{{"sockets", "--netns=x", "sport", "=", ""}, COMPLETE_VALUE, "FILTER", 0, 2},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct complete_place place;
		size_t count = 0;

		while (count < WORDS_MAX && cases[i].words[count])
			count++;
		assert_int_equal(
			complete_place_find((char *const *)cases[i].words, count, &place), 0);
		if (place.kind != cases[i].kind || strcmp(place.metavar, cases[i].metavar) != 0 ||
			place.front != cases[i].front || place.arguments.len != cases[i].arguments)
			fail_msg("case %zu, '%s': kind %d, '%s', front %zu, arguments %zu", i,
				cases[i].words[count - 1], place.kind, place.metavar, place.front,
				place.arguments.len);
		complete_place_fini(&place);
	}
}

static void values_of_options_are_remembered(void **state)
{
	const char *words[] = {"ports", "-N", "blue", "--kill=HUP", "-uj", ""};
	struct complete_place place;

	(void)state;
	assert_int_equal(complete_place_find((char *const *)words, SKT_COUNT(words), &place), 0);
	assert_string_equal(complete_place_option(&place, "netns")->value, "blue");
	assert_string_equal(complete_place_option(&place, "kill")->value, "HUP");
	assert_non_null(complete_place_option(&place, "udp"));
	assert_non_null(complete_place_option(&place, "json"));
	assert_null(complete_place_option(&place, "tcp"));
	complete_place_fini(&place);
}

static void look_at(const struct argp_option *option, void *ctx)
{
	if (option->arg && !complete_metavar_known(option->arg))
		fail_msg(
			"%s --%s: what shall be offered for %s? see metavars in cmd/complete/values.c",
			(const char *)ctx, option->name, option->arg);
}

static void every_metavar_is_known(void **state)
{
	(void)state;
	for (const struct skt_command *const *c = skt_commands; *c; c++)
		skt_options_each((*c)->argp, look_at, (void *)(*c)->name);
	assert_false(complete_metavar_known("THING"));
}

/* ---- filters ---- */

static void filters_lead_to_an_operand(void **state)
{
	static const struct {
		const char *text;
		enum complete_operand operand;
		const char *column;
		bool behind;
		size_t typed;
	} cases[] = {
		{"", COMPLETE_SUBJECT, NULL, false, 0},
		{"sta", COMPLETE_SUBJECT, NULL, false, 3},
		{"state", COMPLETE_SUBJECT, NULL, false, 5},
		{"state ", COMPLETE_STATES, NULL, false, 0},
		{"state a,b", COMPLETE_STATES, NULL, false, 3},
		{"state a, ", COMPLETE_STATES, NULL, false, 0},
		{"state a ", COMPLETE_SUBJECT, NULL, true, 0},
		{"state != ", COMPLETE_STATES, NULL, false, 0},
		{"sport = ", COMPLETE_PORTS, NULL, false, 0},
		{"sport=:22", COMPLETE_PORTS, NULL, false, 3},
		{"sport=", COMPLETE_PORTS, NULL, false, 0},
		{"( sport = 22 or dport ", COMPLETE_PORTS, NULL, false, 0},
		{"(sport=22)&&(dp", COMPLETE_SUBJECT, NULL, false, 2},
		{"sport = 22 ", COMPLETE_SUBJECT, NULL, true, 0},
		{"sport { 22 ", COMPLETE_PORTS, NULL, false, 0},
		{"sport { 22 } ", COMPLETE_SUBJECT, NULL, true, 0},
		{"not ", COMPLETE_SUBJECT, NULL, false, 0},
		{"autobound ", COMPLETE_SUBJECT, NULL, true, 0},
		{"dst ", COMPLETE_HOSTS, "remote_address", false, 0},
		{"src = 1", COMPLETE_HOSTS, "local_address", false, 1},
		{"dev ", COMPLETE_INTERFACE, NULL, false, 0},
		{"fwmark = ", COMPLETE_OTHER, NULL, false, 0},
		{"pid = ", COMPLETE_COLUMN, "pid", false, 0},
		{"process ", COMPLETE_COLUMN, "process", false, 0},
		{"rtt > ", COMPLETE_COLUMN, "rtt_us", false, 0},
		{"process = \"a b\" ", COMPLETE_SUBJECT, NULL, true, 0},
		{"process = \"a b", COMPLETE_COLUMN, "process", false, 4},
		{"nonsense ", COMPLETE_SUBJECT, NULL, true, 0},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		const char *text = guard_copy(cases[i].text, strlen(cases[i].text) + 1);
		const struct complete_filter at = complete_filter_at(text, skt_socket_columns);
		const char *column = at.column ? at.column->name : "", *expected = cases[i].column;

		if (at.operand != cases[i].operand || at.behind != cases[i].behind ||
			at.typed != cases[i].typed || strcmp(column, expected ? expected : "") != 0)
			fail_msg("'%s': operand %d, column '%s', behind %d, typed %zu", text,
				at.operand, column, at.behind, at.typed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(words_lead_to_a_place),
		unit_test(values_of_options_are_remembered),
		unit_test(every_metavar_is_known),
		unit_test(filters_lead_to_an_operand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
