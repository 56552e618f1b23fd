# shellcheck shell=bash disable=SC2034 # variables are for the tests
# A certificate authority of a test's own, made anew each time, and servers that show what it signed.

# Makes an authority: new_ca NAME.
new_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-keyout "$PKI/$1.key" -out "$PKI/$1.pem" -subj "/O=Test/CN=$1" 2>/dev/null
}

# Makes a certificate signed by the authority `ca`, or by the one in CA: new_certificate NAME NAMES [KEY...].
# NAMES is a subjectAltName. Its dates are those in FROM and TO (YYYYMMDDHHMMSSZ), or 20 days from now on.
new_certificate() {
	local name=$1 names=$2 key=("${@:3}")
	[ "${#key[@]}" -gt 0 ] || key=(ec -pkeyopt ec_paramgen_curve:P-256)
	openssl req -newkey "${key[@]}" -nodes -keyout "$PKI/$name.key" -out "$PKI/$name.csr" \
		-subj "${SUBJECT:-/CN=$name}" 2>/dev/null
	printf 'subjectAltName=%s\n' "$names" >"$PKI/$name.ext"
	if [ -n "${FROM-}" ]; then
		new_dated_certificate "$name"
	else
		openssl x509 -req -in "$PKI/$name.csr" -CA "$PKI/${CA:-ca}.pem" -CAkey "$PKI/${CA:-ca}.key" \
			-CAcreateserial -days 20 -extfile "$PKI/$name.ext" -out "$PKI/$name.pem" 2>/dev/null
	fi
}

# openssl x509 knows no other beginning than now; openssl ca does.
new_dated_certificate() {
	: >"$PKI/$1.index"
	echo 01 >"$PKI/$1.serial"
	cat >"$PKI/$1.cnf" <<-END
		[ca]
		default_ca = it
		[it]
		database = $PKI/$1.index
		serial = $PKI/$1.serial
		new_certs_dir = $PKI
		default_md = sha256
		policy = any
		[any]
		commonName = supplied
	END
	openssl ca -batch -config "$PKI/$1.cnf" -cert "$PKI/ca.pem" -keyfile "$PKI/ca.key" \
		-in "$PKI/$1.csr" -startdate "$FROM" -enddate "$TO" -extfile "$PKI/$1.ext" \
		-out "$PKI/$1.pem" -notext 2>/dev/null
}

# Starts OpenSSL's server with the certificate NAME at a port of 127.0.0.1, which is in PORT.
tls_server() {
	local name=$1
	shift
	EXEC_IN_JOB=1 start 'ACCEPT *' in_netns openssl s_server -accept 127.0.0.1:0 -cert "$PKI/$name.pem" \
		-key "$PKI/$name.key" "$@"
	PORT=${STARTED[-1]##*:}
}
