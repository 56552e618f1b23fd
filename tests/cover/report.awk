# Adds up what `gcov -t -b -c` prints of many objects; see tests/cover/report.
BEGIN {
	while ((getline text < "tests/cover/parsers") > 0)
		if (text !~ /^#/)
			parser[text] = 1
	while ((getline text < "tests/cover/unreached") > 0)
		if (text !~ /^#/ && text != "") {
			split(text, part, /[ \t]+/)
			listed[part[1]] = part[2] + 0
		}
	words = split(missed, word, " ")
	for (i = 1; i <= words; i++)
		shown[word[i]] = 1
}

# "        -:    0:Source:lib/base/port.c": a file begins.
/^ *-: *0:Source:/ {
	file = $0
	sub(/^ *-: *0:Source:(\.\/)?/, "", file)
	ours = file ~ /^(lib|cmd)\//
	if (ours && !(file in known)) {
		known[file] = 1
		files[++count] = file
	}
	named = ""
}

!ours { next }

/^function / { named = $2 }

# "      172:   28:	source": a line, with how often it ran, or ##### for never.
/^ *[0-9#=*-]+\*?: *[0-9]+:/ {
	split($0, part, ":")
	line = part[2] + 0
	branch = 0
	text = $0
	sub(/^[^:]*:[^:]*:/, "", text)
	asserts = text ~ /SKT_ASSERT\(/
	at = file ":" line
	if (line && part[1] !~ /-$/) {
		if (!(at in ran)) {
			ran[at] = 0
			source[at] = text
			within[at] = named
			if (line > last[file])
				last[file] = line
		}
		if (part[1] !~ /[#=]/)
			ran[at] = 1
	}
	next
}

/^branch / && !asserts {
	which = at ":" ++branch
	if (branch > width[at])
		width[at] = branch
	if ($3 == "taken" && $4 > 0)
		taken[which] = 1
}

function share(some, whole)
{
	return whole ? sprintf("%6.1f%% of %5d", 100 * some / whole, whole) : "     -         "
}

function show(lines, lines_run, branches, branches_taken, label)
{
	printf "%s lines  %s branches  %s\n", share(lines_run, lines), share(branches_taken, branches),
		label
}

function add(sum)
{
	lines[sum] += file_lines
	lines_run[sum] += file_lines_run
	branches[sum] += file_branches
	branches_taken[sum] += file_taken
}

function show_sum(sum, label)
{
	show(lines[sum], lines_run[sum], branches[sum], branches_taken[sum], label)
}

# Counts one line, and what it misses to its function.
function count_line(at, branch, lost)
{
	file_lines++
	file_lines_run += ran[at]
	for (branch = 1; branch <= width[at]; branch++) {
		file_branches++
		if (at ":" branch in taken)
			file_taken++
		else
			lost++
	}
	if (lost && file in parser)
		unreached[file ":" within[at]] += lost
	if ((lost || !ran[at]) && file in shown)
		printf "%s:%d: %s(): %d of %d%s:%s\n", file, line, within[at], lost, width[at],
			ran[at] ? "" : " never", source[at]
}

END {
	for (i = 1; i <= count; i++) {
		file = files[i]
		file_lines = file_lines_run = file_branches = file_taken = 0
		for (line = 1; line <= last[file]; line++)
			if (file ":" line in ran)
				count_line(file ":" line)
		if (!words)
			show(file_lines, file_lines_run, file_branches, file_taken, file)
		add("all")
		if (file ~ /^lib\//)
			add("lib")
		if (file in parser)
			add("parsers")
	}
	if (words)
		exit
	show_sum("parsers", "parsers of hostile bytes")
	show_sum("lib", "lib")
	show_sum("all", "all")
	if (!checked)
		exit
	for (name in unreached)
		if (unreached[name] != listed[name]) {
			printf "%s(): misses %d branches, and tests/cover/unreached says %d\n", name,
				unreached[name], listed[name]
			wrong = 1
		}
	for (name in listed)
		if (!(name in unreached)) {
			printf "%s(): misses none, or is no more, and tests/cover/unreached says %d\n", name,
				listed[name]
			wrong = 1
		}
	exit wrong
}
