# What `make install` puts in place works from there, and `make uninstall` leaves nothing behind; what
# is built is hardened, the same everywhere, and says what building it takes.
# shellcheck disable=SC2030,SC2031 # a test has variables of its own
bats_require_minimum_version 1.5.0

# One test builds everything anew.
setup_file() {
	export BATS_TEST_TIMEOUT=300
}

setup() {
	ROOT=${BATS_TEST_DIRNAME%/*}
	# The make that runs the suite must not hand its flags and variables to this one, but for
	# the test that builds the same variant.
	VARIABLES=
	[[ ${MAKEFLAGS-} != *' -- '* ]] || VARIABLES=${MAKEFLAGS##* -- }
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
	for schema in "$ROOT"/man/schema/*.json; do
		expected+=("./usr/share/sockkit/schema/${schema##*/}")
	done
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

# ---- completion, where the shells look by themselves ----

# What gives a command mounts of its own, in UNSHARE. Skips; so not for run().
need_mounts() {
	UNSHARE=(unshare --mount)
	[ "$EUID" -eq 0 ] || UNSHARE+=(--map-root-user)
	"${UNSHARE[@]}" true 2>/dev/null || skip 'no mount namespaces here'
}

# Runs a command as a login finds the machine, with what is below DESTDIR in its place.
as_installed() {
	# shellcheck disable=SC2016 # for that shell to expand
	"${UNSHARE[@]}" sh -euc '
		mount --bind "$0/usr/local" /usr/local
		[ ! -d /etc/fish ] || mount --bind "$0/etc/fish" /etc/fish
		exec env -i HOME=/nonexistent TERM=dumb PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "$@"
	' "$DESTDIR" "$@"
}

@test "bash, zsh and fish find their completion below the default prefix" {
	need_mounts
	in_tree install
	# shellcheck disable=SC2016
	run -0 as_installed bash --norc -c '. /usr/share/bash-completion/bash_completion
		COMP_WORDS=(sockkit sock) COMP_CWORD=1 COMP_LINE="sockkit sock" COMP_POINT=12
		_completion_loader sockkit
		set -- $(complete -p sockkit)
		while [ "$1" != -F ]; do shift; done
		"$2" sockkit sock sockkit
		echo "${COMPREPLY[@]}"'
	[[ $output == *sockets* ]]
	# shellcheck disable=SC2016
	run -0 as_installed zsh -c 'autoload -U compinit; compinit -D -u; echo "$_comps[sockkit]"
		autoload +X $_comps[sockkit]; functions $_comps[sockkit]'
	[ "${lines[0]}" = _sockkit ]
	[[ $output == *'sockkit --complete'* ]]
	run -0 as_installed fish -c 'complete -C "sockkit sock"'
	[[ $output == *sockets* ]]
}

@test "what is said after the installation is what is missing, and nothing else" {
	need_mounts
	in_tree install
	local advise=("$ROOT/completions/advise")
	# shellcheck disable=SC2016 # for the makefile to expand
	read -r -a dirs < <(make -s -C "$ROOT" --eval='dirs:;@echo $(BINDIR) $(BASHDIR) $(ZSHDIR) $(FISHDIR)' dirs)
	# Nobody has a ~/.zshrc there.
	run -0 as_installed "${advise[@]}" "${dirs[@]}"
	[[ $output == *compinit* ]]
	[ "${#lines[@]}" -eq 1 ]
	run -0 as_installed "${advise[@]}" /opt/x/bin /opt/x/bash /opt/x/zsh /opt/x/fish
	[[ $output == *"/opt/x/bin is not in PATH"* && $output == *"fpath+=(/opt/x/zsh)"* &&
		$output == *"set -a fish_complete_path /opt/x/fish"* ]]
	rm "$DESTDIR/usr/local/share/bash-completion/completions/sockkit"
	run -0 as_installed "${advise[@]}" "${dirs[0]}" /opt/x/bash "${dirs[2]}" "${dirs[3]}"
	[[ $output == *". /opt/x/bash/sockkit"* ]]
}

# ---- the binary ----

# Sanitizers and coverage are no builds for use.
for_use() {
	! grep -qE -e '-fsanitize|--coverage' "$ROOT/$BUILD/flags" || skip 'not a build for use'
}

@test "install-strip leaves out what debuggers read, and nothing else" {
	in_tree install-strip
	run -0 readelf -SW "$DESTDIR/usr/local/bin/sockkit"
	[[ $output != *.debug_info* && $output == *.text* ]]
	run -0 "$DESTDIR/usr/local/bin/sockkit" --version
	[ "$output" = "$("$ROOT/$BUILD/sockkit" --version)" ]
	[ ! -x "$DESTDIR/usr/local/share/man/man1/sockkit.1" ]
}

@test "the binary is hardened" {
	for_use
	local binary=$ROOT/$BUILD/sockkit
	[[ $(readelf -hW "$binary") == *'Type: '*'DYN '* ]]
	[[ $(readelf -dW "$binary") == *'Flags: NOW PIE'* ]]
	[[ $(readelf -lW "$binary") == *GNU_RELRO* ]]
	# The stack is not executable.
	[[ $(readelf -lW "$binary") =~ GNU_STACK.*' RW ' ]]
	[[ $(readelf -sW "$binary") == *__stack_chk_fail* ]]
	[[ $(readelf -sW "$binary") == *__snprintf_chk* ]]
	[ "$(uname -m)" != x86_64 ] || [[ $(readelf -nW "$ROOT/$BUILD/cmd/main.o") == *'IBT, SHSTK'* ]]
}

@test "in another directory it is the same binary, byte for byte" {
	for_use
	local copy=$BATS_TEST_TMPDIR/another-directory
	mkdir "$copy"
	cp -R "$ROOT/Makefile" "$ROOT/lib" "$ROOT/cmd" "$copy"
	MAKEFLAGS=" -- $VARIABLES" make -s -C "$copy" BUILD=other other/sockkit
	# Else it was another make than this one's that built what is tested.
	diff <(sed "s,$ROOT=,=," "$ROOT/$BUILD/flags") <(sed "s,$copy=,=," "$copy/other/flags") ||
		skip 'the binary under test was built otherwise'
	cmp "$ROOT/$BUILD/sockkit" "$copy/other/sockkit"
}

@test "a header that is missing is named, and what helps" {
	local header
	mkdir -p "$BATS_TEST_TMPDIR/libmnl"
	for header in argp.h libmnl/libmnl.h; do
		echo '#error' >"$BATS_TEST_TMPDIR/$header"
		run -2 make -C "$ROOT" BUILD="$BATS_TEST_TMPDIR/out" CPPFLAGS="-I$BATS_TEST_TMPDIR"
		[[ $output == *"<$header> is not here"*'"make deps"'* && $output != *'  CC '* ]]
		rm "$BATS_TEST_TMPDIR/$header"
	done
}

@test "beside a cross compiler are its tools" {
	local tools='$(AR) $(STRIP) $(CROSS) $(BUILD)'
	tools() {
		env -u BUILD make -s -C "$ROOT" --eval="tools:;@echo $tools" tools "$@"
	}
	[ "$(tools CC=gcc)" = 'ar strip build' ]
	[ "$(tools CC=/opt/bin/riscv64-unknown-linux-gnu-gcc-12)" = \
		'riscv64-unknown-linux-gnu-ar riscv64-unknown-linux-gnu-strip riscv64-unknown-linux-gnu- build-riscv64-unknown-linux-gnu-gcc-12' ]
	[ "$(tools CC='ccache clang' AR=llvm-ar)" = 'llvm-ar strip build-ccache-clang' ]
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\n[ "$1" != --modversion ] || echo 47.11\n' >"$BATS_TEST_TMPDIR/bin/none-gnu-pkg-config"
	chmod +x "$BATS_TEST_TMPDIR/bin/none-gnu-pkg-config"
	tools='$(PKG_CONFIG) $(SKT_CPPFLAGS)'
	[[ $(PATH="$BATS_TEST_TMPDIR/bin:$PATH" tools CC=none-gnu-gcc) == none-gnu-pkg-config*47.11* ]]
	[[ $(tools CC=none-gnu-gcc) == pkg-config* ]]
}

# ---- packages ----

@test "what packages say of the version is true" {
	local version
	version=$("$ROOT/$BUILD/sockkit" --version | sed -n '1s/^sockkit //p')
	[[ $(head -n 1 "$ROOT/.packaging/debian/changelog") == "sockkit ($version-"* ]]
	grep -qxE "Version: +$version" "$ROOT/.packaging/sockkit.spec"
	grep -qE "^## $version(,|$)" "$ROOT/.github/CHANGELOG.md"
	[ "$(grep -m 1 '^## ' "$ROOT/.github/CHANGELOG.md" | sed 's/^## //; s/,.*//')" = "$version" ]
}

@test "units that packages bring are those of the man pages" {
	"$ROOT/man/units" "$BATS_TEST_TMPDIR/units"
	run -0 find "$BATS_TEST_TMPDIR/units/usr/lib/systemd/system" -type f -printf '%f '
	[[ " $output" == *' sockkit-listen@.service '* && " $output" == *' sockkit-record.service '* ]]
	while read -r unit; do
		head -n 1 "$unit" | grep -qx '\[Unit\]'
		run -1 grep -n '\\[-(e]' "$unit"
		[ "$(grep -c '^\[Service\]\|^\[Socket\]' "$unit")" -eq 1 ]
	done < <(find "$BATS_TEST_TMPDIR/units" -type f)
}

# ---- the tarball ----

@test "dist without a repository, and in one without a commit, holds what builds" {
	local copy=$BATS_TEST_TMPDIR/copy
	mkdir -p "$copy/build/tests" "$copy/old"
	touch "$copy/build/flags" "$copy/build/tests/x" "$copy/old/flags" "$copy/old/y.o"
	(cd "$ROOT" && cp -R Makefile README.md LICENSE .ci .github .packaging cmd completions lib man "$copy")
	make -s -C "$copy" dist
	tar -tzf "$copy"/sockkit-*.tar.gz >"$BATS_TEST_TMPDIR/first"
	grep -q '^sockkit-[0-9.]*/\.ci/deps$' "$BATS_TEST_TMPDIR/first"
	diff <(cd "$copy" && find . -path ./build -prune -o -path ./old -prune -o -type f ! -name '*.tar.gz' -print | cut -c 2- | sort) \
		<(grep -v '/$' "$BATS_TEST_TMPDIR/first" | sed 's,^[^/]*,,' | sort)
	git -C "$copy" -c init.defaultBranch=main init -q
	make -s -C "$copy" dist
	diff "$BATS_TEST_TMPDIR/first" <(tar -tzf "$copy"/sockkit-*.tar.gz)
	# Of one commit it is the same bytes, whoever makes it.
	git -C "$copy" add -A
	git -C "$copy" -c user.name=x -c user.email=x@x.invalid commit -qm x
	make -s -C "$copy" dist >"$BATS_TEST_TMPDIR/line"
	rm "$copy"/sockkit-*.tar.gz
	(umask 077 && TZ=Etc/GMT-9 git -C "$copy" config tar.umask 0077 && make -s -C "$copy" dist) >"$BATS_TEST_TMPDIR/other"
	cmp "$BATS_TEST_TMPDIR/line" "$BATS_TEST_TMPDIR/other"
	(cd "$copy" && sha256sum -c "$BATS_TEST_TMPDIR/other")
}
