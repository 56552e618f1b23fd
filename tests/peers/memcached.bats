# memcached, whose lines of text and blocks of bytes share one connection.
load peers

setup() {
	open_netns
	cd "$BATS_TEST_TMPDIR" || return 1
	start_peer '*server listening*' memcached -vv -U 0 -l 127.0.0.1 -p 11211 -m 128 -u "$(id -un)"
	local i
	for i in {1..40}; do
		head -c 1000000 /dev/urandom >"in.$i"
	done
}

# What sets the values, and what asks for them.
sets() {
	local i
	for i in {1..40}; do
		printf 'set key%d 0 0 1000000\r\n' "$i"
		cat "in.$i"
		printf '\r\n'
	done
	printf 'quit\r\n'
}

gets() {
	printf 'get key%d\r\n' {1..40}
	printf 'quit\r\n'
}

answers() {
	local i
	for i in {1..40}; do
		printf 'VALUE key%d 0 1000000\r\n' "$i"
		cat "in.$i"
		printf '\r\nEND\r\n'
	done
}

@test "connect: forty values of a megabyte go in, and come out" {
	same "$(sets | sockkit connect --no-half-close 127.0.0.1:11211 | tr -d '\r' | uniq -c)" '     40 STORED'
	cmp <(gets | sockkit connect --no-half-close 127.0.0.1:11211) <(answers)
}

@test "--forward: forty values of a megabyte go in by ten clients, and come out" {
	local i pids=()
	serve -k --forward 127.0.0.1:11211 127.0.0.1:0
	for i in {1..10}; do
		sets | sockkit connect --no-half-close "127.0.0.1:$PORT" 3>&- >"said.$i" &
		pids+=("$!")
	done
	for i in {1..10}; do
		wait "${pids[i - 1]}"
		same "$(tr -d '\r' <"said.$i" | uniq -c)" '     40 STORED'
	done
	cmp <(gets | run_peer nc.openbsd 127.0.0.1 "$PORT") <(answers)
}
