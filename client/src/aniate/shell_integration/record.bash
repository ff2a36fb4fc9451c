# Records the last command that failed: the line, its exit code, its folder. Not what begins with a space.
_aniate_is_last_of_history() { # where the same line is not kept twice, the history does not grow
    [[ -n $_aniate_ran && $1 == *"$_aniate_ran"* && $1 == *"$_aniate_last_ran"* ]]
}

_aniate_next() { # what `ant fix` was told to do, and only this shell itself can
    local action='' line=''
    { IFS= read -r action && IFS= read -r -d '' line; } <"$ANIATE_RECORD.next" || :
    : >|"$ANIATE_RECORD.next"
    builtin history -s -- "$line"
    [[ $action != run ]] || eval "$line"
}

_aniate_prompt() {
    local code=$? line new=1
    if [[ -s $ANIATE_RECORD.next && -O $ANIATE_RECORD.next ]]; then
        _aniate_next
        code=$? _aniate_history=$HISTCMD _aniate_ran=''
    fi
    ((HISTCMD != _aniate_history)) || new=0
    _aniate_history=$HISTCMD
    if ((code != 0 && code != 130 && (code < 145 || code > 150))) && [[ -f $ANIATE_RECORD ]] &&
        { ((new)) || [[ -n $_aniate_ran ]]; }; then
        line=$(HISTTIMEFORMAT='' builtin history 1)
        line=${line#*[0-9][* ] }
        if [[ $line != [[:space:]]* && $line != ant*' fix'* ]] &&
            { ((new)) || _aniate_is_last_of_history "$line"; }; then
            ((++_aniate_count))
            printf '1\0%s\0%s\0%s\0%s' "$_aniate_count" "$code" "$PWD" "$line" >|"$ANIATE_RECORD" 2>/dev/null
            [[ -z ${_aniate_mark-} ]] || printf '\e]7713;%s;D;%s\a' "$_aniate_mark" "$_aniate_count"
        fi
    fi
    [[ $- == *e* ]] || return "$code" # which would end a shell that ends at a failure
}

_aniate_ready() { # the last of what runs before a prompt
    local code=$?
    _aniate_ran='' _aniate_last_ran=''
    [[ -z ${_aniate_mark-} ]] || printf '\e]7713;%s;P\a' "$_aniate_mark"
    [[ $- == *e* ]] || return "$code" # which would end a shell that ends at a failure
}

if [[ $- == *i* && -d #<folder> && ${PROMPT_COMMAND[0]-} != *_aniate_prompt* ]]; then
    export ANIATE_RECORD=#<folder>/$$
    (umask 077 && : >|"$ANIATE_RECORD") 2>/dev/null
    _aniate_history=$HISTCMD _aniate_count=0 _aniate_ran='' _aniate_last_ran=''
    if [[ -z $(trap -p DEBUG) ]]; then
        trap '[[ $BASH_COMMAND == _aniate_prompt ]] ||
            _aniate_last_ran=$BASH_COMMAND _aniate_ran=${_aniate_ran:-$BASH_COMMAND}' DEBUG
    fi
    [[ -z ${_aniate_mark-} ]] || PS0=${PS0-}'\e]7713;'$_aniate_mark';C\a'
    if [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
        PROMPT_COMMAND=(_aniate_prompt "${PROMPT_COMMAND[@]}" _aniate_ready)
    else
        PROMPT_COMMAND=_aniate_prompt$'\n'${PROMPT_COMMAND-}$'\n'_aniate_ready
    fi
fi
