# Every pair of sockkit, nc, ncat and socat in which sockkit has a side: data one way, so that the other
# side ends first, and both ways at once; nothing to much, compared byte for byte.
load helper

sizes=(0 1 65537 8388608)

setup_file() {
	local size
	for size in "${sizes[@]}"; do
		head -c "$size" /dev/urandom >"$BATS_FILE_TMPDIR/up.$size"
		head -c "$size" /dev/urandom >"$BATS_FILE_TMPDIR/down.$size"
	done
}

setup() {
	open_netns
	cd "$BATS_FILE_TMPDIR" || return 1
	PORT=7200
}

has_listen() {
	"$SOCKKIT" help | grep -q '^  listen '
}

# The command of one side: words COMMAND, for one connection joined to stdin and stdout, which ends
# when both ways have ended.
client() {
	case $1 in
	sockkit) WORDS=("$SOCKKIT" connect "${CAREFUL[@]}" 127.0.0.1 "$PORT") ;;
	nc) WORDS=(nc -N 127.0.0.1 "$PORT") ;;
	ncat) WORDS=(ncat 127.0.0.1 "$PORT") ;;
	socat) WORDS=(socat -t "$PATIENCE" - "TCP:127.0.0.1:$PORT") ;;
	esac
}

server() {
	case $1 in
	sockkit) WORDS=("$SOCKKIT" listen "127.0.0.1:$PORT") ;;
	nc) WORDS=(nc -N -l 127.0.0.1 "$PORT") ;;
	ncat) WORDS=(ncat -l 127.0.0.1 "$PORT") ;;
	socat) WORDS=(socat -t "$PATIENCE" - "TCP-LISTEN:$PORT,reuseaddr") ;;
	esac
}

# exchange CLIENT SERVER UP DOWN: so many bytes each way.
exchange() {
	local status=0 background
	PORT=$((PORT + 1))
	server "$2"
	within_patience "${WORDS[@]}" <"down.$4" >got.up 2>errors.server 3>&- &
	background=$!
	eventually is_bound "$PORT" || { echo "$2 does not listen" >&2; return 1; }
	# As servers, nc 1.219 and ncat 7.93 stop sending where they are when the client half-closes.
	CAREFUL=()
	[[ $2 != nc* || $4 -eq 0 ]] || CAREFUL=(--no-half-close)
	client "$1"
	within_patience "${WORDS[@]}" <"up.$3" >got.down 2>errors.client || status=$?
	wait "$background" || status=$((status + 100 * $?))
	[ "$status" -eq 0 ] && cmp -s "up.$3" got.up && cmp -s "down.$4" got.down && return
	echo "$1 -> $2: status $status, $(stat -c %s got.up) of $3 bytes up, $(stat -c %s got.down) of $4 down" >&2
	cat errors.client errors.server >&2
	return 1
}

all_sizes() {
	local size broken=0
	[ "$2" != sockkit ] || has_listen || skip 'sockkit has no listen'
	for size in "${sizes[@]}"; do
		exchange "$1" "$2" "$size" 0 || broken=1
		exchange "$1" "$2" 0 "$size" || broken=1
		exchange "$1" "$2" "$size" "$size" || broken=1
	done
	[ "$broken" -eq 0 ]
}

@test "sockkit -> nc" { all_sizes sockkit nc; }
@test "sockkit -> ncat" { all_sizes sockkit ncat; }
@test "sockkit -> socat" { all_sizes sockkit socat; }
@test "sockkit -> sockkit" { all_sizes sockkit sockkit; }
@test "nc -> sockkit" { all_sizes nc sockkit; }
@test "ncat -> sockkit" { all_sizes ncat sockkit; }
@test "socat -> sockkit" { all_sizes socat sockkit; }
