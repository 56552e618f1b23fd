# shellcheck shell=sh
# How long tests wait for what must come, in the one place that decides it. A wait ends with its event;
# only what never comes costs all of this time, so it is long. SOCKKIT_TEST_PATIENCE is the factor by
# which a machine is slower than an idle one; by itself it is what the processors have to do at once.
# patience.h and patience.py tell it to programs.

if [ -z "${SOCKKIT_TEST_PATIENCE:-}" ]; then
	SOCKKIT_TEST_PATIENCE=$(awk -v cpus="$(nproc 2>/dev/null || echo 1)" -v jobs="${JOBS:-1}" '
		{ load = $1 }
		END { printf "%d", 1 + (load + jobs) / cpus }' /proc/loadavg 2>/dev/null) || SOCKKIT_TEST_PATIENCE=2
fi
# Seconds: for one event, for one test, for one file of tests.
PATIENCE=$((30 * SOCKKIT_TEST_PATIENCE))
BATS_TEST_TIMEOUT=$((10 * PATIENCE))
FILE_PATIENCE=$((60 * PATIENCE))
# What the program is told to wait in vain, for something that must have come before.
MOMENT=$((300 * SOCKKIT_TEST_PATIENCE))ms
export SOCKKIT_TEST_PATIENCE PATIENCE MOMENT BATS_TEST_TIMEOUT FILE_PATIENCE

# A pause that belongs to a situation, as somebody is slow in it; nothing is waited for by it.
patience_rest() {
	sleep "$1"
}

# Waits until a command succeeds: what changes is the kernel's or somebody else's, and nothing
# announces it.
eventually() {
	patience_end=$(($(date +%s) + PATIENCE))
	until "$@"; do
		[ "$(date +%s)" -lt "$patience_end" ] || {
			echo "never came true: $*" >&2
			return 1
		}
		patience_rest 0.02
	done
}
