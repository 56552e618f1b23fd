# What commands print as JSON is what man/schema/*.json says. Rows that no kernel would make are for `make proof`.
load helper
load udp

# print KIND ARGUMENT...: both streams of a run, to be judged as rows of KIND.
print() {
	local file=$BATS_TEST_TMPDIR/printed.${#PRINTED[@]}
	sockkit "${@:2}" >"$file" 2>&1 </dev/null || [ $? -eq 1 ]
	PRINTED+=("$1 $file")
}

# What the schemas have for what was printed: KIND COUNT lines.
judged() {
	printf '%s\n' "${PRINTED[@]}" | python3 "$BATS_TEST_DIRNAME/conforms.py" "$ROOT/man/schema"
}

@test "what every command prints is what its schema says" {
	PRINTED=()
	mksock tcp-listen 127.0.0.1 8080 , tcp-established , udp-bound
	local rows=(-j -c all)
	print ports ports "${rows[@]}"
	print ports-tree ports --tree "${rows[@]}"
	print ports-registry ports --registry "${rows[@]}" -- -200
	print ports-why ports --why 8080 "${rows[@]}"
	print ports-free ports --free=3 "${rows[@]}"
	print ports-kill ports --kill --dry-run "${rows[@]}" 8080
	print sockets sockets -A all "${rows[@]}"
	print sockets sockets -f jsonl -e -i -m -o -p
	print sockets sockets --why --rates=0.02 "${rows[@]}"
	print sockets-summary sockets --summary "${rows[@]}"
	print sockets-summary sockets --group-by=process,netns --sum=recv_queue --max=rtt_us,pacing_rate -j
	print sockets-kill sockets --kill --dry-run "${rows[@]}" state listening
	print sockets-drops sockets --drops=0.02 "${rows[@]}"
	print scan scan "${rows[@]}" -p 1,8080 127.0.0.1
	print scan-up scan --up "${rows[@]}" 127.0.0.1
	print connect-probe connect -z --count=2 --interval=0.01 "${rows[@]}" 127.0.0.1 1,8080
	print connect-timing connect --timing --linger=0.01 "${rows[@]}" 127.0.0.1:8080
	print connect-tls connect -z --tls "${rows[@]}" 127.0.0.1:1
	print connect-tls-timing connect -z --tls --timing "${rows[@]}" 127.0.0.1:1
	print events connect -vv --events=json 127.0.0.1:1
	print events listen -vv --events=json --timeout=0.01 127.0.0.1:0
	print udpsend-report udpsend --data=x --reply=0.01 --events=json 127.0.0.1:1
	sockkit sockets --record="$BATS_TEST_TMPDIR/looks" --timeout=0.01
	print sockets sockets --replay="$BATS_TEST_TMPDIR/looks" "${rows[@]}"
	print introspect --introspect
	receive --echo --count=1 "${rows[@]}" 127.0.0.1:0
	PRINTED+=("udprecv $OUT")
	print udpsend udpsend --data=x --reply=1 "${rows[@]}" 127.0.0.1:"$PORT"
	received
	run judged
	[ "$status" -eq 0 ] || { echo "$output" && false; }
	# A row of each, but of drops, if there are none.
	same "$(awk '{ print $1 }' <<<"$output" | grep -vFx sockets-drops)" "$(printf '%s\n' "${PRINTED[@]%% *}" |
		LC_ALL=C sort -u | grep -vFx sockets-drops)"
}

@test "what is not as the schema says is noticed" {
	local row file=$BATS_TEST_TMPDIR/row
	PRINTED=("ports $file")
	for row in '{"port":65536}' '{"port":"80"}' '{"port":true}' '{"pots":80}' '{"proto":"tpc"}' \
		'{"processes":[{"pid":1,"name":"a","fd":1}]}' '{"port":80,"port":81}'; do
		echo "$row" >"$file"
		run -1 judged
	done
	echo '{"port":80,"proto":"99","processes":[{"pid":1,"name":"a","comm":null,"fd":1}]}' >"$file"
	run -0 judged
	same "$output" 'ports 1'
}
