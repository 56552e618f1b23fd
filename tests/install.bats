# What `make install` puts in place works from there, and `make uninstall` leaves nothing behind.
bats_require_minimum_version 1.5.0

setup() {
	ROOT=${BATS_TEST_DIRNAME%/*}
	# The make that runs the suite must not hand its flags and variables to this one.
	unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES PREFIX DESTDIR
	DESTDIR=$BATS_TEST_TMPDIR/root
	: "${BUILD:=build}"
}

# The binary is the one under test, whichever variant: only -o keeps make from building it anew.
in_tree() {
	make -s -C "$ROOT" BUILD="$BUILD" -o "$BUILD/sockkit" "$@" DESTDIR="$DESTDIR"
}

# Files and links below DESTDIR, without it in front.
installed() {
	(cd "$DESTDIR" && find . ! -type d | sort)
}

# Directories that any prefix has.
ordinary() {
	printf '%s\n' . ./usr ./usr/bin ./usr/share ./usr/share/man ./usr/share/man/man1 ./usr/share/man/man7
}

@test "install, look, use, uninstall" {
	in_tree install PREFIX=/usr
	local expected=(./usr/bin/sockkit ./usr/share/bash-completion/completions/sockkit
		./usr/share/fish/vendor_completions.d/sockkit.fish ./usr/share/zsh/site-functions/_sockkit)
	for page in "$ROOT"/man/*.[17]; do
		expected+=("./usr/share/man/man${page##*.}/${page##*/}")
	done
	diff <(printf '%s\n' "${expected[@]}" | sort) <(installed)

	run -0 "$DESTDIR/usr/bin/sockkit" --version
	[[ $output == "sockkit "[0-9]* ]]
	run -0 man -M "$DESTDIR/usr/share/man" -w sockkit
	run -0 man -M "$DESTDIR/usr/share/man" -w sockkit-sockets
	[ -z "$(find "$DESTDIR" -type f ! -perm 644 ! -path '*/bin/*')" ]
	[ -z "$(find "$DESTDIR" -path '*/bin/*' ! -perm 755)" ]

	in_tree uninstall PREFIX=/usr
	[ -z "$(installed)" ]
	run -0 comm -13 <(ordinary | sort) <(cd "$DESTDIR" && find . -type d | sort)
	[ -z "$output" ]
}

@test "uninstall leaves what others put there" {
	in_tree install PREFIX=/usr
	local others=(./usr/bin/other ./usr/share/bash-completion/completions/other
		./usr/share/man/man1/sockkit-other.1 ./usr/share/zsh/site-functions/_other)
	(cd "$DESTDIR" && touch "${others[@]}")
	in_tree uninstall PREFIX=/usr
	diff <(printf '%s\n' "${others[@]}" | sort) <(installed)
}

@test "the default prefix is /usr/local, and a path may have blanks" {
	DESTDIR="$BATS_TEST_TMPDIR/a root"
	in_tree install
	[ -x "$DESTDIR/usr/local/bin/sockkit" ]
	[ -f "$DESTDIR/usr/local/share/man/man1/sockkit.1" ]
	in_tree uninstall
	[ -z "$(installed)" ]
}

@test "installing twice is installing once" {
	in_tree install PREFIX=/usr
	local first
	first=$(installed)
	in_tree install PREFIX=/usr
	[ "$first" = "$(installed)" ]
}
