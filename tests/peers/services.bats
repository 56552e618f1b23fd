# What scan --service says of daemons that others wrote, beside the versions of their packages.
load peers
load services

setup() {
	[ "$EUID" -eq 0 ] || skip 'daemons with users and mounts of their own are for root'
	open_netns
}

teardown() {
	stop_all
	rm -rf "$LAB"
}

@test "scan --service: services, products and versions are those of the packages, and nobody is hurt" {
	local proto port service product version name wrong=0 row said
	start_services
	sockkit scan -q --service -p "$(ports_of tcp)" -f jsonl 127.0.0.1 >"$BATS_TEST_TMPDIR/rows"
	sockkit scan -q --service -u -p "$(ports_of udp)" -f jsonl 127.0.0.1 >>"$BATS_TEST_TMPDIR/rows"
	while read -r proto port service product version name; do
		row=$(jq -c "select(.proto == \"$proto\" and .port == $port)" "$BATS_TEST_TMPDIR/rows")
		said=$(jq -r '"\(.service) \(.product // "-") \(.version // "-") \(.confidence)"' <<<"$row")
		[ "$said" = "$service ${product//+/ } $version matched" ] || {
			echo "$name, $proto port $port: '$service ${product//+/ } $version matched' is '$said': $row"
			wrong=1
		}
	done < <(sed '/^$/d' <<<"$SERVICES")
	[ "$wrong" -eq 0 ]
	same "$(jq -c 'select(.port == 443) | [.tunnel, (.names | map(.name)), .not_after != null, .why]' "$BATS_TEST_TMPDIR/rows")" \
		'["tls",["there"],true,"self-signed"]'
	# All of them are there still, and one more time say the same.
	all_bound
	same "$(sockkit scan -q --service -p "$(ports_of tcp)" -f csv -c port,service,product,version --sort=port 127.0.0.1)" \
		"$(jq -rs '["port","service","product","version"], (map(select(.proto == "tcp")) | sort_by(.port)[] |
			[.port, .service, .product, .version]) | @csv' "$BATS_TEST_TMPDIR/rows" | tr -d '"')"
}
