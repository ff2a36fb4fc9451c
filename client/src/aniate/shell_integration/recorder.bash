# Starts this shell once more on a terminal of its own, whose output can be recorded. If that fails, nothing happens.
# Not where this was typed at the prompt: that shell would read its own files alone, and not be joined.
if [[ $- == *i* && -z ${BASH_EXECUTION_STRING-} && -n ${BASH_SOURCE-} && $0 == *bash && -z ${_aniate_mark-} && -z ${ANIATE_MARK-} && -t 0 && -t 1 && -t 2 ]] &&
    ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
    : >|#<folder>.$$.ended
    ANIATE_ASKED_BY=$$ ANIATE_LOGIN=$(shopt -q login_shell && echo yes) command ant init --recorder bash
    if [[ -s #<folder>.$$.ended ]]; then
        IFS= read -r _aniate_code <#<folder>.$$.ended
        exit "$_aniate_code"
    fi
fi
_aniate_mark=${_aniate_mark-${ANIATE_MARK-}}
unset ANIATE_MARK
