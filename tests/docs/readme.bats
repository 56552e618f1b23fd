# The session in README.md is what one sees on a terminal, where these programs listen.
load ../e2e/helper

# listens NAME SITUATION...: mksock as the program of that name.
listens() {
	cp "$MKSOCK" "$BATS_TEST_TMPDIR/$1"
	MKSOCK=$BATS_TEST_TMPDIR/$1 mksock "${@:2}"
}

@test "the session in README.md" {
	open_netns
	in_netns nft list ruleset 2>/dev/null || skip 'no nftables here'
	# Numbers of processes have four digits there, which lines are broken by.
	until [ "$(sh -c 'echo $$')" -ge 1000 ]; do :; done
	listens sshd tcp-listen :: 22
	listens nginx tcp-listen 0.0.0.0 80 , tcp-queued 0.0.0.0 443 3
	listens dnsmasq udp-bound 127.0.0.1 53
	listens postgres tcp-listen 127.0.0.1 5432 , tcp-listen ::1 5432
	# A port that hardly any other test has: --why looks into all namespaces.
	listens java tcp-listen :: 8983
	in_netns nft -f - <<-END
		table inet filter {
			chain input {
				type filter hook input priority 0
				tcp dport 25 reject with icmpx admin-prohibited
				tcp dport 3306 drop
			}
		}
	END
	run in_netns env PATH="${SOCKKIT%/*}:$PATH" python3 "$BATS_TEST_DIRNAME/tour.py" "$ROOT/README.md"
	[ "$status" -ne 77 ] || skip 'there is no /dev/pts'
	[ "$status" -eq 0 ] || { echo "$output" && false; }
}
