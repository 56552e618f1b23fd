# shellcheck shell=bash disable=SC2154 # the helper's variables
# Daemons of Debian in the test's namespace, for tests/peers/services.bats and tests/bench/services:
# start_services, and SERVICES has a line for each port, PROTO PORT SERVICE PRODUCT VERSION NAME, with +
# for blanks, where PRODUCT and VERSION are - for who does not tell them, and NAME is the program.
SERVICES=
LAB=

# The upstream version of a package that was unpacked: no epoch, no revision, no repacking.
package_version() {
	local deb version
	for deb in "$PEERS/debs/$1"_*.deb; do
		version=$(dpkg-deb -f "$deb" Version)
	done
	version=${version#*:}
	version=${version%-*}
	sed 's/[+~]\(dfsg\|ds\|really\).*//; s/[+]deb.*//' <<<"$version"
}

# launch PROTO PORT SERVICE PRODUCT PACKAGE|- NAME ARG...: as nobody in particular, and what it says
# into a file.
launch() {
	local proto=$1 port=$2 service=$3 product=$4 package=$5 name=$6 program version=-
	shift 6
	program=$(peer "$name") || return
	EXEC_IN_JOB=1 in_netns "${LAUNCH[@]}" "$program" "$@" </dev/null >"$LAB/$name.log" 2>&1 3>&- &
	STARTED_PIDS+=("$!")
	[ "$package" = - ] || version=$(package_version "$package")
	SERVICES+="$proto $port $service $product $version $name"$'\n'
}

also() {
	SERVICES+="$1"$'\n'
}

# Some look for their parts where they would be installed: what is unpacked lies over the system's /usr
# and /etc, in mounts of their own.
in_their_root() {
	LAUNCH=(unshare --mount sh -c '
		root=$1 tmp=$2
		shift 2
		for dir in usr etc; do
			mount -t overlay overlay -o "lowerdir=$root/$dir:/$dir" "/$dir" || exit
		done
		for dir in /run /var/log /var/lib /var/spool; do
			mount -t tmpfs none "$dir" || exit
		done
		mkdir -m 755 /run/sshd /run/named /run/samba /run/dovecot /run/xrdp /run/lock /run/vsftpd /run/vsftpd/empty \
			/var/log/samba /var/log/exim4 /var/lib/samba /var/lib/samba/private /var/lib/snmp /var/log/ntpsec &&
		mount --bind "$tmp/passwd" /etc/passwd && mount --bind "$tmp/group" /etc/group &&
		exec "$@"' sh "$PEERS/root" "$LAB")
}

config() {
	cat >"$LAB/$1"
}

start_services() {
	local tmp name
	# Daemons that are nobody find their files there, which no test's own folder lets them.
	LAB=$(mktemp -d /tmp/sockkit-services.XXXXXX)
	tmp=$LAB
	chmod 755 "$LAB"
	echo 'root:*:0:0:root:/root:/bin/sh
nobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin' >"$tmp/passwd"
	for name in sshd dovecot dovenull mosquitto unbound Debian-exim Debian-snmp openldap ntpsec _chrony \
		dnsmasq bind ftp proftpd mysql www-data memcache; do
		echo "$name:*:65533:65533::/nonexistent:/usr/sbin/nologin" >>"$tmp/passwd"
		echo "$name:x:65533:" >>"$tmp/group"
	done
	echo 'root:x:0:
nogroup:x:65534:
utmp:x:43:' >>"$tmp/group"
	in_their_root
	"${LAUNCH[@]}" true 2>/dev/null || skip 'no mounts of our own here'

	"$(peer ssh-keygen)" -q -t ed25519 -N '' -f "$tmp/host"
	launch tcp 22 ssh OpenSSH openssh-server sshd -D -e -f /dev/null -o Port=22 -o "HostKey=$tmp/host" \
		-o PidFile=none -o UsePAM=no
	config nginx.conf <<-END
		daemon off; pid $tmp/nginx.pid; error_log stderr; user root;
		events {}
		http { access_log off; client_body_temp_path $tmp; proxy_temp_path $tmp; fastcgi_temp_path $tmp;
			uwsgi_temp_path $tmp; scgi_temp_path $tmp; server { listen 80; listen 443 ssl;
			ssl_certificate $tmp/cert.pem; ssl_certificate_key $tmp/key.pem; } }
	END
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/key.pem" -days 30 \
		-out "$tmp/cert.pem" -subj /CN=there -addext subjectAltName=DNS:there 2>/dev/null
	launch tcp 80 http nginx nginx nginx -c "$tmp/nginx.conf" -e stderr
	config lighttpd.conf <<-END
		server.document-root = "$tmp"
		server.port = 8080
	END
	also "tcp 443 https nginx $(package_version nginx) nginx"
	launch tcp 8080 http lighttpd lighttpd lighttpd -D -f "$tmp/lighttpd.conf"
	launch tcp 6379 redis Redis redis-server redis-server --port 6379 --save '' --dir "$tmp"
	launch tcp 6380 redis Redis - redis-server --port 6380 --requirepass x --save '' --dir "$tmp"
	launch tcp 11211 memcached memcached memcached memcached -u nobody -l 127.0.0.1 -U 0
	config vsftpd.conf <<-END
		listen=YES
		background=NO
		anonymous_enable=YES
		seccomp_sandbox=NO
	END
	launch tcp 21 ftp vsftpd vsftpd vsftpd "$tmp/vsftpd.conf"
	config proftpd.conf <<-END
		ServerType standalone
		Port 2121
		User nobody
		Group nogroup
		PidFile $tmp/proftpd.pid
		ScoreboardFile $tmp/proftpd.score
		ServerIdent on "ProFTPD Server ready."
	END
	launch tcp 2121 ftp ProFTPD - proftpd -n -c "$tmp/proftpd.conf"
	config exim.conf <<-END
		primary_hostname = mx.example.org
		log_file_path = $tmp/exim/%slog
		spool_directory = $tmp/exim
		acl_smtp_rcpt = deny
		tls_advertise_hosts = *
		tls_certificate = $tmp/cert.pem
		tls_privatekey = $tmp/exim/key.pem
		never_users =
	END
	mkdir -p "$tmp/exim"
	chown 65533:65533 "$tmp/exim"
	install -m 600 -o 65533 "$tmp/key.pem" "$tmp/exim/key.pem"
	launch tcp 25 smtp 'Exim+smtpd' exim4-daemon-light exim4 -C "$tmp/exim.conf" -bdf -oX 25 -oP "$tmp/exim.pid"
	config named.conf <<-END
		options { directory "$tmp"; pid-file none; listen-on port 53 { 127.0.0.1; }; listen-on-v6 { none; };
			recursion no; session-keyfile "$tmp/session.key"; managed-keys-directory "$tmp"; };
		controls { };
	END
	launch tcp 53 domain ISC+BIND bind9 named -g -c "$tmp/named.conf"
	also "udp 53 domain ISC+BIND $(package_version bind9) named"
	launch udp 5353 domain dnsmasq dnsmasq-base dnsmasq -k -p 5353 -C /dev/null -u nobody --no-resolv -x ''
	also "tcp 5353 domain dnsmasq $(package_version dnsmasq-base) dnsmasq"
	config unbound.conf <<-END
		server:
			directory: "$tmp"
			username: ""
			chroot: ""
			pidfile: ""
			interface: 127.0.0.1@5300
			auto-trust-anchor-file: ""
			use-syslog: no
		remote-control:
			control-enable: no
	END
	launch udp 5300 domain unbound unbound unbound -d -c "$tmp/unbound.conf"
	config chrony.conf <<-END
		local stratum 10
		port 1230
		cmdport 0
		bindcmdaddress /
		allow all
		pidfile $tmp/chrony.pid
	END
	launch udp 1230 ntp - - chronyd -x -d -f "$tmp/chrony.conf" -u root
	config ntp.conf <<-END
		restrict default
		restrict 127.0.0.1
	END
	local plain=("${LAUNCH[@]}")
	LAUNCH+=(setpriv --bounding-set -sys_time --inh-caps -sys_time --)
	launch udp 123 ntp NTPsec+ntpd ntpsec ntpd -n -c "$tmp/ntp.conf"
	LAUNCH=("${plain[@]}")
	config snmpd.conf <<-END
		rocommunity public
		agentaddress udp:127.0.0.1:161
	END
	launch udp 161 snmp net-snmp - snmpd -f -Lo -C -c "$tmp/snmpd.conf" -p "$tmp/snmpd.pid"
	mkdir -p "$tmp/ldap"
	config slapd.conf <<-END
		modulepath $PEERS/root/usr/lib/ldap
		moduleload back_ldif
		pidfile $tmp/slapd.pid
		include $PEERS/root/etc/ldap/schema/core.schema
		TLSCertificateFile $tmp/cert.pem
		TLSCertificateKeyFile $tmp/key.pem
		database ldif
		suffix "dc=example,dc=org"
		directory $tmp/ldap
	END
	launch tcp 389 ldap OpenLDAP - slapd -d 256 -f "$tmp/slapd.conf" -h ldap://127.0.0.1:389/
	config mosquitto.conf <<-END
		listener 1883 127.0.0.1
		allow_anonymous true
		user nobody
	END
	launch tcp 1883 mqtt mosquitto mosquitto mosquitto -c "$tmp/mosquitto.conf"
	launch tcp 9110 http node_exporter prometheus-node-exporter node-exporter --web.listen-address=127.0.0.1:9110
	launch tcp 5901 vnc - - Xtigervnc :59 -nolock -SecurityTypes None -localhost -rfbport 5901 -nolisten tcp -nolisten unix
	config xrdp.ini <<-END
		[Globals]
		port=3389
		security_layer=rdp
		[Logging]
		LogFile=$tmp/xrdp.out
		[Channels]
		[Xvnc]
		name=x
		lib=libvnc.so
	END
	LAUNCH+=(sh -c 'cp -r /etc/xrdp /run/etc && mount --bind /run/etc /etc/xrdp &&
		xrdp-keygen xrdp /etc/xrdp/rsakeys.ini >&2 && exec "$@"' sh)
	launch tcp 3389 ms-wbt-server - - xrdp -n -c "$tmp/xrdp.ini"
	LAUNCH=("${plain[@]}")
	config smb.conf <<-END
		[global]
		smb ports = 445
		private dir = $tmp
		lock directory = $tmp
		state directory = $tmp
		cache directory = $tmp
		pid directory = $tmp
		ncalrpc dir = $tmp
		log file = $tmp/smb.log
		disable spoolss = yes
		load printers = no
		rpc start on demand helpers = no
	END
	launch tcp 445 microsoft-ds Samba+smbd - smbd -F -s "$tmp/smb.conf"
	mkdir -p "$tmp/dovecot"
	config dovecot.conf <<-END
		base_dir = $tmp/dovecot
		protocols = imap
		ssl = yes
		ssl_cert = <$tmp/cert.pem
		ssl_key = <$tmp/key.pem
		listen = 127.0.0.1
		login_trusted_networks = 127.0.0.1
		mail_location = maildir:$tmp/mail
		default_login_user = nobody
		default_internal_user = nobody
		default_internal_group = nogroup
		log_path = /dev/stderr
		passdb {
			driver = static
		}
	END
	launch tcp 143 imap Dovecot - dovecot -F -c "$tmp/dovecot.conf"
	mkdir "$tmp/pg" "$tmp/maria"
	chown 65534:65534 "$tmp/pg"
	LAUNCH=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	in_netns "${LAUNCH[@]}" "$(peer initdb)" -D "$tmp/pg" -U x --no-sync -L "$PEERS/root/usr/share/postgresql/15" \
		>"$tmp/initdb.log" 2>&1 || :
	install -m 600 -o 65534 "$tmp/key.pem" "$tmp/pg.pem"
	launch tcp 5432 postgresql PostgreSQL - postgres -D "$tmp/pg" -k '' -p 5432 -h 127.0.0.1 -c fsync=off \
		-c ssl=on -c ssl_cert_file="$tmp/cert.pem" -c ssl_key_file="$tmp/pg.pem"
	LAUNCH=()
	launch tcp 3306 mysql MariaDB mariadb-server-core mariadbd --no-defaults --user=root --datadir="$tmp/maria" \
		--skip-grant-tables --port=3306 --bind-address=127.0.0.1 --socket="$tmp/maria/s" \
		--lc-messages-dir="$PEERS/root/usr/share/mysql" --plugin-dir="$PEERS/root/usr/lib/mysql/plugin" \
		--innodb-flush-log-at-trx-commit=0 --pid-file="$tmp/maria.pid" \
		--ssl-cert="$tmp/cert.pem" --ssl-key="$tmp/key.pem"
	config rsyncd.conf <<<''
	launch tcp 873 rsync - - rsync --daemon --no-detach --config="$tmp/rsyncd.conf" --address=127.0.0.1
	eventually all_bound || { echo "not there: $UNBOUND" >&2; tail -n 3 "$tmp"/*.log >&2; return 1; }
}

# The ports of SERVICES of a protocol, separated by commas.
ports_of() {
	awk -v proto="$1" '$1 == proto { printf "%s%s", comma, $2; comma = "," }' <<<"$SERVICES"
}

all_bound() {
	local bound
	bound=$(in_netns ss -Htunl | awk '{ sub(/.*:/, "", $5); print $1, $5 }')
	UNBOUND=$(awk 'NF { print $1, $2 }' <<<"$SERVICES" | grep -vxF -f <(echo "$bound")) || return 0
	return 1
}
