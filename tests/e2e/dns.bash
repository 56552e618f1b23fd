# shellcheck shell=bash
# What the tests of names share: name servers that are silent, and hosts that are.

# Runs a program where 127.0.0.1 is the name server, and `hosts` of the test the hosts file.
with_dns() {
	echo 'nameserver 127.0.0.1' >"$BATS_TEST_TMPDIR/resolv.conf"
	echo 'hosts: files dns' >"$BATS_TEST_TMPDIR/nsswitch.conf"
	: >>"$BATS_TEST_TMPDIR/hosts"
	# shellcheck disable=SC2016 # for the inner shell
	in_netns unshare --mount sh -c 'dir=$1; shift; for file in resolv.conf nsswitch.conf hosts; do
		[ -e "/etc/$file" ] || continue; mount --bind "$dir/$file" "/etc/$file" || exit 99; done
		exec "$@"' - "$BATS_TEST_TMPDIR" "$@"
}

# A silent host and a silent name server, both of this namespace.
silence() {
	need_mounts
	mksock udp-bound 127.0.0.1 53
	in_netns ip link add hole0 type veth peer name hole1
	in_netns ip addr add 192.0.2.1/24 dev hole0
	in_netns ip link set hole0 up
	in_netns ip link set hole1 up
	in_netns ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:01 dev hole0
}
