# Units and containers of sockets, by control groups that the tests make.
load helper

ID=4f1c09aa31d2b86c5e07f3d1a29b4c8e6d7f0a1b2c3d4e5f60718293a4b5c6d7

setup() {
	open_netns
	# A group below which those of the test are, in whatever cgroup2 hierarchy may be written.
	local mount
	mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$mount" ] || skip 'no cgroup2 here'
	GROUPS_ROOT=$mount/sockkit-test.$BATS_SUITE_TEST_NUMBER.$$
	mkdir "$GROUPS_ROOT" 2>/dev/null || skip 'control groups cannot be made here'
	TOP=/${GROUPS_ROOT##*/}
}

teardown() {
	stop_all
	[ -z "$GROUPS_ROOT" ] || find "$GROUPS_ROOT" -depth -type d -exec rmdir {} + 2>/dev/null || :
}

# mksock_at GROUP SITUATION...: made by a process in that group.
mksock_at() {
	local group=$1
	shift
	mkdir -p "$GROUPS_ROOT/$group"
	# shellcheck disable=SC2016 # expands there
	EXEC_IN_JOB=1 start ready in_netns sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' \
		"$GROUPS_ROOT/$group" "$MKSOCK" "$@"
}

make_some() {
	mksock_at system.slice/web.service tcp-listen 127.0.0.1 8001
	mksock_at "docker/$ID/child" tcp-listen 127.0.0.1 8002
	mksock_at lxc/box tcp-listen 127.0.0.1 8003
	mksock_at plain tcp-listen 127.0.0.1 8004
}

wanted() {
	printf '%s\n' "8001 web.service null $TOP/system.slice/web.service" \
		"8002 null docker:${ID:0:12} $TOP/docker/$ID/child" "8003 null lxc:box $TOP/lxc/box" \
		"8004 null null $TOP/plain"
}

# Runs a sockkit, whose rows become lines.
rows() {
	"$@" -f jsonl --sort=local_port -c local_port,unit,container,cgroup |
		jq -r '"\(.local_port) \(.unit) \(.container) \(.cgroup)"'
}

@test "the unit, the container and the group of a socket" {
	make_some
	same "$(wanted)" "$(rows sockkit sockets -l)"
	same "$(wanted | cut -d ' ' -f 2-3)" \
		"$(sockkit ports -f jsonl | jq -r '"\(.unit) \(.container)"')"
	[[ $(sockkit sockets -e -H sport = :8001) == *web.service*"$TOP/system.slice/web.service"* ]]
}

@test "anybody is told them, also of processes that are hidden" {
	make_some
	same "$(wanted)" "$(rows as_nobody "$SOCKKIT" sockets -l 2>/dev/null)"
	run -0 --separate-stderr as_nobody "$SOCKKIT" ports -H -c port,process,unit 8001
	[ "$(tr -s ' ' <<<"$output")" = '8001 - web.service' ]
}

@test "who holds a socket tells them where the kernel does not" {
	make_some
	same "$(wanted)" "$(rows sockkit sockets -l --source=proc 2>/dev/null)"
	# Of hidden processes there is nothing then.
	same "$(printf '%s null null null\n' 8001 8002 8003 8004)" \
		"$(rows as_nobody "$SOCKKIT" sockets -l --source=proc 2>/dev/null)"
}

@test "a group that is gone, and sockets that never had one" {
	mksock_at web.service tcp-listen 127.0.0.1 8001 , tcp-time-wait 127.0.0.1
	# The process moves on, its socket stays what it was.
	echo "$STARTED_PID" >"${GROUPS_ROOT%/*}/cgroup.procs"
	rmdir "$GROUPS_ROOT/web.service"
	run -0 sockkit sockets -f jsonl -c state,unit,container
	[ "$(jq -rs 'map(select(.unit or .container)) | length' <<<"$output")" -eq 0 ]
	same 'LISTEN TIME-WAIT' "$(jq -rs 'map(.state) | unique | join(" ")' <<<"$output")"
}

@test "names with anything in them stay in their cells" {
	mksock_at $'a\e[31m\xff.service' tcp-listen 127.0.0.1 8001
	run -0 sockkit sockets -H -c unit,cgroup
	[ "${#lines[@]}" -eq 1 ]
	[[ $output != *$'\e'* && $output == *.service* ]]
	sockkit sockets -j -c unit,cgroup | jq -e 'length == 1 and (.[0].unit | endswith(".service"))'
}
