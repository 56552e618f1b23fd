/* What scan makes of each answer: state, reason, whose word it is; and which of two words stays. */
#include "unit.h"

#include "base/macros.h"
#include "scan/verdict.h"

static const struct skt_addr target = {.family = AF_INET, .bytes = {192, 0, 2, 1}};
static const struct skt_addr router = {.family = AF_INET, .bytes = {192, 0, 2, 9}};

static void each_answer_has_its_verdict(void **state)
{
	const struct {
		struct skt_evidence e;
		enum skt_scan_state state;
		enum skt_scan_reason reason;
		enum skt_weight weight;
	} cases[] = {
		{{.kind = SKT_EVIDENCE_ACCEPTED}, SKT_SCAN_OPEN, SKT_REASON_SYN_ACK,
			SKT_WEIGHT_OWN},
		{{.kind = SKT_EVIDENCE_ABORTED}, SKT_SCAN_OPEN, SKT_REASON_RESET_AFTER_ACCEPT,
			SKT_WEIGHT_OWN},
		{{.kind = SKT_EVIDENCE_RESET}, SKT_SCAN_CLOSED, SKT_REASON_RESET, SKT_WEIGHT_OWN},
		{{.kind = SKT_EVIDENCE_DATAGRAM}, SKT_SCAN_OPEN, SKT_REASON_UDP_RESPONSE,
			SKT_WEIGHT_OWN},
		{{.kind = SKT_EVIDENCE_ECHO}, SKT_SCAN_OPEN, SKT_REASON_ECHO_REPLY, SKT_WEIGHT_OWN},
		{{.kind = SKT_EVIDENCE_LOCAL}, SKT_SCAN_ERROR, SKT_REASON_LOCAL_RESOURCE,
			SKT_WEIGHT_LOCAL},
		{{.kind = SKT_EVIDENCE_ICMP, .icmp_type = 3, .icmp_code = 3, .from = target},
			SKT_SCAN_CLOSED, SKT_REASON_PORT_UNREACHABLE, SKT_WEIGHT_OWN},
		{{.kind = SKT_EVIDENCE_ICMP, .icmp_type = 3, .icmp_code = 3, .from = router},
			SKT_SCAN_FILTERED, SKT_REASON_PORT_UNREACHABLE, SKT_WEIGHT_ICMP},
		{{.kind = SKT_EVIDENCE_ICMP, .icmp_type = 12, .from = router}, SKT_SCAN_FILTERED,
			SKT_REASON_PARAM_PROBLEM, SKT_WEIGHT_ICMP},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		const struct skt_verdict v = skt_verdict_of(true, &target, &cases[i].e);

		if (v.state != cases[i].state || v.reason != cases[i].reason ||
			v.weight != cases[i].weight || v.host)
			fail_msg("case %zu: %s (%s), weight %u", i, skt_scan_state_names[v.state],
				skt_scan_reason_names[v.reason], v.weight);
	}
}

/* A parameter problem of IPv6 (RFC 4443 3.4) is one too, though its type is another. */
static void parameter_problems_of_both(void **state)
{
	const struct skt_addr six = {.family = AF_INET6, .bytes = {0x20, 1}};
	const struct skt_evidence e = {.kind = SKT_EVIDENCE_ICMP, .icmp_type = 4, .from = six};

	(void)state;
	assert_int_equal(skt_verdict_of(false, &six, &e).reason, SKT_REASON_PARAM_PROBLEM);
}

static void who_said_it_is_told(void **state)
{
	const struct skt_evidence reset = {
		.kind = SKT_EVIDENCE_RESET, .ttl = 64, .rtt_ns = 7, .from_port = 9};
	const struct skt_evidence icmp = {
		.kind = SKT_EVIDENCE_ICMP, .icmp_type = 3, .from = router};
	const struct skt_evidence local = {.kind = SKT_EVIDENCE_LOCAL, .from = router};
	struct skt_finding finding = skt_finding_of(false, &target, &reset);

	(void)state;
	assert_true(skt_addr_equal(&finding.from, &target));
	assert_int_equal(finding.ttl, 64);
	assert_int_equal(finding.rtt_ns, 7);
	assert_int_equal(finding.from_port, 9);
	finding = skt_finding_of(false, &target, &icmp);
	assert_true(skt_addr_equal(&finding.from, &router));
	finding = skt_finding_of(false, &target, &local);
	assert_int_equal(finding.from.family, AF_UNSPEC);
}

/* A port that says no is a host that is up; what a router says of it is no such word. */
static void what_a_port_says_of_its_host(void **state)
{
	const struct skt_evidence reset = {.kind = SKT_EVIDENCE_RESET};
	const struct skt_evidence icmp = {
		.kind = SKT_EVIDENCE_ICMP, .icmp_type = 3, .from = router};
	const struct skt_evidence own = {
		.kind = SKT_EVIDENCE_ICMP, .icmp_type = 3, .icmp_code = 10, .from = target};
	struct skt_finding finding = skt_finding_of(false, &target, &reset);

	(void)state;
	skt_finding_to_host(&finding, &target);
	assert_int_equal(finding.verdict.state, SKT_SCAN_OPEN);
	assert_int_equal(finding.verdict.reason, SKT_REASON_RESET);
	finding = skt_finding_of(false, &target, &own);
	assert_int_equal(finding.verdict.weight, SKT_WEIGHT_ICMP);
	skt_finding_to_host(&finding, &target);
	assert_int_equal(finding.verdict.state, SKT_SCAN_OPEN);
	assert_int_equal(finding.verdict.weight, SKT_WEIGHT_OWN);
	finding = skt_finding_of(false, &target, &icmp);
	skt_finding_to_host(&finding, &target);
	assert_int_equal(finding.verdict.state, SKT_SCAN_UNREACHABLE);
	assert_int_equal(finding.verdict.weight, SKT_WEIGHT_ICMP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(each_answer_has_its_verdict),
		unit_test(parameter_problems_of_both),
		unit_test(who_said_it_is_told),
		unit_test(what_a_port_says_of_its_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
