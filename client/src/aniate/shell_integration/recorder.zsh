# Starts this shell once more on a terminal of its own, whose output can be recorded. If that fails, nothing happens.
# Not where this was typed at the prompt: that shell would read its own files alone, and not be joined.
if [[ -o interactive && -z ${ZSH_EXECUTION_STRING-} && -n ${zsh_eval_context[(r)file]} && ${ZSH_ARGZERO:-zsh} == *zsh && -z ${_aniate_mark-} && -z ${ANIATE_MARK-} && -t 0 && -t 1 && -t 2 ]]; then
    : >|#<folder>.$$.ended
    ANIATE_ASKED_BY=$$ ANIATE_LOGIN=${${(M)options[login]:#on}:+yes} command ant init --recorder zsh
    if [[ -s #<folder>.$$.ended ]]; then
        IFS= read -r _aniate_code <#<folder>.$$.ended
        exit "$_aniate_code"
    fi
fi
typeset -g _aniate_mark=${_aniate_mark-${ANIATE_MARK-}}
unset ANIATE_MARK
