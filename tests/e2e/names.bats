# --resolve of commands that must not wait for names: a name server that never answers.
load helper
load dns
load udp

@test "udprecv -r: no name server keeps it from receiving, and rows keep their order" {
	silence
	SECONDS=0
	IN_PEER=with_dns receive -r -f csv -H -c source_address,data --count=90 127.0.0.1:0
	in_netns python3 - "$PORT" <<-'END'
		import socket, sys
		for number in range(90):
		    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    sock.bind((f"127.1.0.{number % 30 + 1}", 0))
		    sock.sendto(b"%d" % number, ("127.0.0.1", int(sys.argv[1])))
	END
	received
	same "$RC" 0
	same "$(<"$OUT")" "$(for i in {0..89}; do echo "127.1.0.$((i % 30 + 1)),$i"; done)"
	[ "$SECONDS" -lt 15 ]
	echo '127.1.0.2 here.test' >"$BATS_TEST_TMPDIR/hosts"
	IN_PEER=with_dns receive -r -f jsonl -c source_address,data --count=1 127.0.0.1:0
	echo x | sockkit udpsend --source 127.1.0.2 "127.0.0.1:$PORT"
	received
	grep -q here.test "$OUT"
}

@test "udprecv -r: an interrupt writes what waits for a name" {
	silence
	IN_PEER=with_dns receive -r -f csv -H -c data 127.0.0.1:0
	echo x | sockkit udpsend "127.0.0.1:$PORT"
	in_netns sh -c 'until ss -Hun state established "dport = :53" | grep -q .; do :; done'
	interrupt
	same "$(<"$OUT")" x
}

@test "scan -r: no name server keeps it waiting for each host" {
	silence
	local wanted
	SECONDS=0
	run -1 with_dns "$SOCKKIT" scan -q -r --method=connect -f csv -H -c address,host,state 127.1.0.1-30 -p 1
	wanted=$(for i in {1..30}; do echo "127.1.0.$i,,closed"; done)
	same "$(sort -t. -k4n <<<"$output")" "$wanted"
	run -1 with_dns "$SOCKKIT" scan -q -r --method=connect 127.1.0.1-30 -p 1
	[[ $output == *127.1.0.1-30* ]]
	[ "$SECONDS" -lt 20 ]
	echo '127.1.0.2 here.test' >"$BATS_TEST_TMPDIR/hosts"
	run -1 with_dns "$SOCKKIT" scan -q -r --method=connect -f csv -H -c address,host 127.1.0.2 -p 1
	same "$output" 127.1.0.2,here.test
	run -1 with_dns "$SOCKKIT" scan -q -r --method=connect 127.1.0.2 -p 1
	[[ $output == *here.test* || $output == *127.1.0.2* ]]
	run -1 with_dns "$SOCKKIT" scan -q -r --method=connect -f grepable 127.1.0.2 -p 1
	[[ $output == *'127.1.0.2 (here.test)'* ]]
}
