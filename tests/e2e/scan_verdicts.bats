# Who is believed: the port's own word above an ICMP error, that above silence; and answers that are
# held back are not lost.
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets output and stderr
load helper
load ../lab/lab

setup() {
	open_lab
}

# state,reason of the only row: fact ARG...
fact() {
	sockkit scan -q -f csv -H -c state,reason "$@" || :
}

@test "an error about one packet is not the last word, for every method and family" {
	respond tcp 22 echo 53
	local address method
	for address in 10.9.2.2 fd09:1::1; do
		for method in syn connect; do
			rules in_target input <<<'tcp flags syn / syn,ack numgen inc mod 2 < 1 reject with icmpx admin-prohibited'
			same "$(fact --method=$method -p 22 $address)" open,syn-ack
			same "$(fact --method=$method -p 99 $address)" closed,reset
			# Who may ask but once takes what is said.
			same "$(fact --method=$method -p 22 --retries=0 $address)" filtered,admin-prohibited
		done
		rules in_target input <<<'meta l4proto udp numgen inc mod 2 < 1 reject with icmpx admin-prohibited'
		same "$(fact -u -p 53 $address)" open,udp-response
		same "$(fact -u -p 99 $address)" closed,port-unreachable
	done
}

@test "an error and then silence is the error" {
	local method
	for method in syn connect; do
		rules in_target input <<-'END'
			tcp flags syn / syn,ack numgen inc mod 100 < 1 reject with icmpx admin-prohibited
			tcp flags syn / syn,ack drop
		END
		same "$(fact --method=$method -p 22 10.9.2.2)" filtered,admin-prohibited
	done
}

@test "ports that a firewall refuses now and then are what they say themselves" {
	local method which
	for method in syn connect; do
		for which in 'limit rate 20/second' 'numgen inc mod 2 < 1'; do
			rules in_target input <<<"tcp flags syn / syn,ack $which reject with icmpx admin-prohibited"
			run --separate-stderr -1 sockkit scan --method=$method -f csv -H -c state,reason -p 1-900 10.9.2.2
			same "$(sort <<<"$output" | uniq -c)" '    900 closed,reset'
			[[ $stderr == *'loss 0.0%, 0 answers likely missed'* ]]
		done
	done
}

@test "where very many ports are refused alike not each is asked twice, but for those that rules are made for" {
	respond tcp 22,40000
	local method
	for method in syn connect; do
		rules in_target input <<-'END'
			tcp flags syn / syn,ack tcp dport { 22, 40000 } accept
			tcp flags syn / syn,ack reject with icmpx admin-prohibited
		END
		run --separate-stderr -0 sockkit scan --method=$method --open -f csv -H -c port,state -p 22,30000-49999 10.9.2.2
		same "$(sort <<<"$output")" $'22,open\n40000,open'
		[[ $stderr =~ '19999 filtered; '([0-9]+)' probes in ' ]]
		[ "${BASH_REMATCH[1]}" -ge 20256 ] && [ "${BASH_REMATCH[1]}" -le 25000 ]
		# What people make rules for is asked again as ever.
		rules in_target input <<-'END'
			tcp flags syn / syn,ack tcp dport 22 numgen inc mod 2 != 0 accept
			tcp flags syn / syn,ack reject with icmpx admin-prohibited
		END
		run -0 sockkit scan --method=$method -q --open -f csv -H -c port,state -p 22,30000-32999 10.9.2.2
		same "$output" 22,open
		# Others speak for themselves behind such errors: then each is asked on.
		rules in_target input <<<'tcp flags syn / syn,ack limit rate 2000/second reject with icmpx admin-prohibited'
		run -1 sockkit scan --method=$method -q -f csv -H -c state -p 30000-33999 10.9.2.2
		same "$(sort <<<"$output" | uniq -c)" '   4000 closed'
	done
}

@test "a host that limits its resets is asked no faster, and nothing counts as lost" {
	local method
	for method in syn connect; do
		rules in_target output <<<'tcp flags & rst == rst limit rate over 100/second drop'
		run --separate-stderr -1 sockkit scan --method=$method -f csv -H -c state -p 1-400 10.9.2.2
		same "$(sort <<<"$output" | uniq -c)" '    400 closed'
		[[ $stderr == *'loss 0.0%, 0 answers likely missed'* ]]
		[[ $stderr =~ '10.9.2.2 sends about '([0-9]+)' resets/s: it was asked no faster' ]]
		[ "${BASH_REMATCH[1]}" -ge 40 ] && [ "${BASH_REMATCH[1]}" -le 160 ]
	done
}

@test "a host that limits its port unreachables is asked no faster" {
	respond silent 69
	rules in_target output <<<'icmp type destination-unreachable limit rate over 200/second burst 20 packets drop'
	run --separate-stderr -1 sockkit scan -u -f csv -H -c state,reason -p 1-200 10.9.2.2
	same "$(sort <<<"$output" | uniq -c | tr -s ' ')" $' 199 closed,port-unreachable\n 1 open|filtered,icmp-limited'
	[[ $stderr == *'loss 0.0%, 0 answers likely missed'* ]]
}

@test "errors that are held back are not lost, and no more is missing than is silent" {
	icmp_limits in_target 1000
	run --separate-stderr -1 sockkit scan -u -f csv -H -c state -p 1-40 10.9.2.2
	[[ $stderr == *'loss 0.0%, 0 answers likely missed'* ]]
	rules in_target input <<<'meta l4proto tcp reject with icmpx port-unreachable'
	local method
	for method in syn connect; do
		run --separate-stderr -1 sockkit scan --method=$method -f csv -H -c state -p 1-100 fd09:1::1
		same "$(sort <<<"$output" | uniq -c)" '    100 filtered'
		[[ $stderr =~ '100 filtered; '([0-9]+)' probes in '.*'loss 0.0%, 0 answers likely missed' ]]
		[ "${BASH_REMATCH[1]}" -le 300 ]
	done
}
