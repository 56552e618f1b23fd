# fish completion for sockkit: asks `sockkit --complete`, which knows what may stand where.
#
# Nothing that is typed is expanded, and fish quotes what is offered; names of processes and paths of
# sockets are anybody's.

# The word at the cursor without its quotes, the last of which may be open.
function __sockkit_typed
    set -l token (commandline -ct)
    set -l lines
    for end in '' '"' "'"
        set lines (string unescape -- "$token$end")
        and break
        set lines $token
    end
    string join -- \n $lines
end

function __sockkit_complete
    set -l words (commandline -opc)
    set -l typed (__sockkit_typed | string collect)
    set -l fields (command sockkit --complete -- $words[2..] "$typed" 2>/dev/null | string split0)
    set -l count (count $fields)
    if test $count -lt 4
        set -l front (string length -- "$fields[2]")
        set -l path (string sub -s (math $front + 1) -- "$typed")
        switch "$fields[1]"
            case files
                for found in (__fish_complete_path "$path")
                    printf '%s%s\0' $fields[2] $found
                end
            case directories
                for found in (__fish_complete_directories "$path" '')
                    printf '%s%s\0' $fields[2] $found
                end
        end
        return
    end
    # A tab ends the word for fish: what holds one is left out.
    for i in (seq 3 2 $count)
        string match -q -- '*'\t'*' $fields[$i]
        or printf '%s\t%s\0' $fields[$i] $fields[(math $i + 1)]
    end
end

complete -c sockkit -k -f -a '(__sockkit_complete | string split0)'
