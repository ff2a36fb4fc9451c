# Starts this shell once more on a terminal of its own, whose output can be recorded. If that fails, nothing happens.
# Not where this was typed at the prompt: that shell would read its own files alone, and not be joined.
if status is-interactive; and not set -q _aniate_mark; and not set -q ANIATE_MARK; and isatty stdout; and isatty stderr
    and status stack-trace | string match -q -- '*.fish*'
    and not ps -o args= -p $fish_pid | string match -qr -- ' (-\\w*c|[^-])' # told what to run, it is not for typing
    printf '' >#<folder>.$fish_pid.ended
    begin
        set -lx ANIATE_ASKED_BY $fish_pid
        set -lx ANIATE_LOGIN ''
        status is-login; and set ANIATE_LOGIN yes
        command ant init --recorder fish
    end
    if test -s #<folder>.$fish_pid.ended
        read -l code <#<folder>.$fish_pid.ended
        exec sh -c "exit $code" # `exit` would end this script alone
    end
end
set -q _aniate_mark; or set -g _aniate_mark "$ANIATE_MARK"
set -e ANIATE_MARK
