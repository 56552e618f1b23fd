/* Commands that stop what a control group is of. */
#include "cmd/ports/stop.h"

#include <string.h>

#include "base/macros.h"
#include "unit.h"

static void test_commands(void **state)
{
	static const struct {
		struct skt_cgroup group;
		const char *wanted; /* NULL: none */
	} cases[] = {
		{{"/system.slice/web.service", "web.service", NULL}, "systemctl stop web.service"},
		{{NULL, "web.socket", NULL}, "systemctl stop web.socket"},
		{{"/user.slice/user-7.slice/user@7.service/app.slice/a.service", "a.service", NULL},
			"systemctl --user stop a.service"},
		{{"/user.slice/user-7.slice/user@7.service/init.scope", "user@7.service", NULL},
			"systemctl stop user@7.service"},
		{{"/x", "a\\x2db@c:1.service", NULL}, "systemctl stop 'a\\x2db@c:1.service'"},
		{{"/x", "session-3.scope", NULL}, NULL},
		{{"/x", ".service", NULL}, NULL},
		{{"/x", "-a.service", NULL}, NULL},
		{{"/x", "x; reboot.service", NULL}, "systemctl stop 'x; reboot.service'"},
		{{"/x", "x'; reboot; '.service", NULL}, NULL},
		{{"/x", "docker.service", "docker:4f1c09aa31d2"}, "docker stop 4f1c09aa31d2"},
		{{"/x", NULL, "podman:4f1c09aa31d2"}, "podman stop 4f1c09aa31d2"},
		{{"/x", NULL, "lxc:a b"}, "lxc-stop -n 'a b'"},
		{{"/x", NULL, "nspawn:m"}, "machinectl terminate m"},
		{{"/x", "web.service", "k8s:4f1c09aa31d2"}, NULL},
		{{"/x", NULL, "docker:"}, NULL},
		{{NULL, NULL, NULL}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_str text = {0};
		const bool known = ports_stop_command(&text, &cases[i].group);

		skt_str_add_char(&text, '\0');
		if (known != !!cases[i].wanted ||
			strcmp(text.data, known ? cases[i].wanted : "") != 0)
			fail_msg("case %zu: '%s'", i, text.data);
		skt_str_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {unit_test(test_commands)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
