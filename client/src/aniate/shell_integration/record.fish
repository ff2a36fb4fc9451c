# Records the last command that failed: the line, its exit code, its folder. Not what begins with a space.
function _aniate_preexec --on-event fish_preexec
    test -z "$_aniate_mark"; or printf '\e]7713;%s;C\a' $_aniate_mark
end

function _aniate_postexec --on-event fish_postexec
    set -l code $status
    test $code -ne 0 -a $code -ne 130 -a -f "$ANIATE_RECORD" -a -z "$fish_private_mode"; or return 0
    test $code -lt 145 -o $code -gt 150; or return 0
    string match -q -r -- '^\s|^$|^ant.* fix( |$)' $argv[1]; and return 0
    set -g _aniate_count (math $_aniate_count + 1)
    printf '1\0%s\0%s\0%s\0%s' $_aniate_count $code $PWD $argv[1] >$ANIATE_RECORD 2>/dev/null
    test -z "$_aniate_mark"; or printf '\e]7713;%s;D;%s\a' $_aniate_mark $_aniate_count
end

function _aniate_next --on-event fish_prompt # what `ant fix` was told to do, and only this shell itself can
    test -z "$_aniate_mark"; or printf '\e]7713;%s;P\a' $_aniate_mark
    test -s "$ANIATE_RECORD.next" -a -O "$ANIATE_RECORD.next"; or return 0
    read -lz text <$ANIATE_RECORD.next
    printf '' >$ANIATE_RECORD.next
    set -l parts (string split -m 1 \n -- $text)
    test "$parts[1]" != run; or eval $parts[2]
end

if status is-interactive; and test -d #<folder>; and not set -q _aniate_count
    set -gx ANIATE_RECORD #<folder>/$fish_pid
    set -g _aniate_count 0
    set -l mask (umask)
    umask 077
    printf '' >$ANIATE_RECORD
    umask $mask
end
