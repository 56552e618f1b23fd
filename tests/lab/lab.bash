# shellcheck shell=bash disable=SC2034 # variables are for the tests
# The laboratory: three namespaces of the test's own, scanner - router - target, and a direct wire
# from the scanner to the target besides. Nothing in it reaches the world.
#
#	scanner  10.9.0.1 fd09::1     router 10.9.0.254 fd09::fe
#	target   10.9.1.1 fd09:1::1   router 10.9.1.254 fd09:1::fe
#	scanner  10.9.2.1             target 10.9.2.2, and every address of 10.64.0.0/10
#	scanner  10.9.3.1 fd09:3::1   target 10.9.3.2 fd09:3::2, by a wire that misbehaves (spoil)
#
# The scanner's is the namespace of helper.bash: in_netns and sockkit run there.
: "${RESPONDER:=$HELPERS/responder}" "${FORWARD:=$HELPERS/forward}" "${FORGE:=$HELPERS/forge}"

LAB_ROUTER='' LAB_TARGET='' LAB_WIRE=''

# One more namespace, inside the scanner's user namespace.
open_side() {
	# shellcheck disable=SC2016 # expands in the namespace
	EXEC_IN_JOB=1 start ready in_netns unshare --net sh -c 'ip link set lo up && echo ready && exec cat'
}

in_router() {
	NETNS_PID=$LAB_ROUTER in_netns "$@"
}

in_target() {
	NETNS_PID=$LAB_TARGET in_netns "$@"
}

# New wires have usable IPv6 addresses at once: nobody else is there to have the same.
forgo_dad() {
	"$1" sysctl -qw net.ipv6.conf.{all,default}.accept_dad=0 net.ipv6.conf.{all,default}.dad_transmits=0
}

# Waits until the wires of WHERE have a carrier, and every address of theirs may be used. A router whose
# own link-local address is still tentative asks for no neighbour on behalf of what it forwards
# (ndisc_send_ns(), net/ipv6/ndisc.c), and a scan is over sooner than that.
settle() {
	eventually is_settled "$1" "$("$1" ip -o link show | grep -vc LOOPBACK)" || {
		"$1" ip address show >&2
		return 1
	}
}

# is_settled WHERE WIRES
is_settled() {
	[ "$("$1" ip -o -6 address show scope link -tentative | wc -l)" -ge "$2" ] &&
		[ -z "$("$1" ip -o -6 address show tentative)" ] &&
		[ "$("$1" ip -o link show up | grep -c 'state UP')" -eq "$2" ]
}

wire() {
	in_netns ip link add "$1" netns "$2" type veth peer name "$3" netns "$4"
}

open_lab() {
	open_netns
	open_side
	LAB_ROUTER=$STARTED_PID
	open_side
	LAB_TARGET=$STARTED_PID
	forgo_dad in_netns
	forgo_dad in_router
	forgo_dad in_target
	wire s0 "$NETNS_PID" r0 "$LAB_ROUTER"
	wire t0 "$LAB_TARGET" r1 "$LAB_ROUTER"
	wire d0 "$NETNS_PID" d1 "$LAB_TARGET"
	in_netns ip -batch - <<-'END'
		addr add 10.9.0.1/24 dev s0
		addr add fd09::1/64 dev s0 nodad
		addr add 10.9.2.1/24 dev d0
		link set s0 up
		link set d0 up
		route add default via 10.9.0.254
		route add default via fd09::fe
		route add 10.64.0.0/10 via 10.9.2.2
	END
	in_router ip -batch - <<-'END'
		addr add 10.9.0.254/24 dev r0
		addr add fd09::fe/64 dev r0 nodad
		addr add 10.9.1.254/24 dev r1
		addr add fd09:1::fe/64 dev r1 nodad
		link set r0 up
		link set r1 up
	END
	in_target ip -batch - <<-'END'
		addr add 10.9.1.1/24 dev t0
		addr add fd09:1::1/64 dev t0 nodad
		addr add 10.9.2.2/24 dev d1
		link set t0 up
		link set d1 up
		route add default via 10.9.1.254
		route add default via fd09:1::fe
		route add local 10.64.0.0/10 dev lo
	END
	in_router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	in_target sysctl -qw net.core.somaxconn=65535
	icmp_limits in_router 0
	icmp_limits in_target 0
	settle in_netns
	settle in_router
	settle in_target
}

# An ordinary network in place of all that, with the limits that the kernel comes with: scanner
# 10.77.0.1 fd77::1 on d0 - target 10.77.0.9 fd77::9 on d1, neither with a broadcast address that was
# set, and every address of 10.64.0.0/12 behind the target.
open_lan() {
	open_netns
	open_side
	LAB_TARGET=$STARTED_PID
	forgo_dad in_netns
	forgo_dad in_target
	wire d0 "$NETNS_PID" d1 "$LAB_TARGET"
	in_netns ip -batch - <<-'END'
		addr add 10.77.0.1/24 dev d0
		addr add fd77::1/64 dev d0 nodad
		link set d0 up
		route add 10.64.0.0/12 via 10.77.0.9
	END
	in_target ip -batch - <<-'END'
		addr add 10.77.0.9/24 dev d1
		addr add fd77::9/64 dev d1 nodad
		link set d1 up
		route add local 10.64.0.0/12 dev lo
	END
	settle in_netns
	settle in_target
}

in_wire() {
	NETNS_PID=$LAB_WIRE in_netns "$@"
}

# One more wire from the scanner to the target, which misbehaves both ways: spoil SETTING... as
# forward.c has them.
spoil() {
	open_side
	LAB_WIRE=$STARTED_PID
	in_wire sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=1
	wire e0 "$NETNS_PID" w0 "$LAB_WIRE"
	wire e1 "$LAB_TARGET" w1 "$LAB_WIRE"
	in_wire ip -batch - <<-'END'
		link add m0 type veth peer name m1
		link set w0 up
		link set w1 up
		link set m0 up
		link set m1 up
	END
	in_netns ip -batch - <<-'END'
		addr add 10.9.3.1/24 dev e0
		addr add fd09:3::1/64 dev e0 nodad
		link set e0 up
	END
	in_target ip -batch - <<-'END'
		addr add 10.9.3.2/24 dev e1
		addr add fd09:3::2/64 dev e1 nodad
		link set e1 up
	END
	settle in_netns
	settle in_target
	EXEC_IN_JOB=1 start ready in_wire "$FORWARD" w0 m0 seed=1 "$@"
	EXEC_IN_JOB=1 start ready in_wire "$FORWARD" w1 m1 seed=2 "$@"
}

# Lies about every SYN that comes to the target, which itself says nothing.
forge() {
	rules in_target input <<<'meta l4proto tcp drop'
	NETNS_PID=$LAB_TARGET EXEC_IN_JOB=1 start ready in_netns "$FORGE"
}

# How many milliseconds are between two ICMP errors to one host: icmp_limits WHERE MS. The global
# limits belong to the machine's first namespace on older kernels, and stay as they are there.
icmp_limits() {
	"$1" sysctl -qw "net.ipv4.icmp_ratelimit=$2" "net.ipv6.icmp.ratelimit=$2"
	[ "$2" -ne 0 ] || "$1" sysctl -qew net.ipv4.icmp_msgs_per_sec=1000000 \
		net.ipv4.icmp_msgs_burst=100000 2>/dev/null || :
}

# Rules of nft for the packets that come in (target) or through (router): rules WHERE HOOK <RULES
rules() {
	{
		printf 'flush ruleset\ntable inet lab {\nchain guard {\ntype filter hook %s priority 0\n' "$2"
		cat
		printf '}\n}\n'
	} | "$1" nft -f -
}

# Ports that answer on the target: respond tcp 22,80 echo 53 silent 69
respond() {
	NETNS_PID=$LAB_TARGET EXEC_IN_JOB=1 start ready in_netns "$RESPONDER" "$@"
}
