# Records the last command that failed: the line, its exit code, its folder. Not what begins with a space.
_aniate_preexec() {
    _aniate_ran=$1
    [[ -z $_aniate_mark ]] || printf '\e]7713;%s;C\a' "$_aniate_mark"
}

_aniate_next() { # what `ant fix` was told to do, and only this shell itself can
    local action='' line=''
    { IFS= read -r action; IFS= read -r -d '' line } <"$ANIATE_RECORD.next" || :
    : >|"$ANIATE_RECORD.next"
    print -rs -- "$line"
    [[ $action != run ]] || eval "$line"
}

_aniate_precmd() {
    local -i code=$?
    if [[ -s $ANIATE_RECORD.next && -O $ANIATE_RECORD.next ]]; then
        _aniate_next
        code=$?
        _aniate_ran=''
    fi
    local line=$_aniate_ran
    _aniate_ran=''
    if (( code != 0 && code != 130 && (code < 145 || code > 150) )) && [[ -f $ANIATE_RECORD && -n $line ]] &&
        [[ $line != [[:space:]]* && $line != ant*' fix'* ]]; then
        (( ++_aniate_count ))
        printf '1\0%s\0%s\0%s\0%s' "$_aniate_count" "$code" "$PWD" "$line" >|"$ANIATE_RECORD" 2>/dev/null
        [[ -z $_aniate_mark ]] || printf '\e]7713;%s;D;%s\a' "$_aniate_mark" "$_aniate_count"
    fi
    [[ -z $_aniate_mark ]] || printf '\e]7713;%s;P\a' "$_aniate_mark"
    return 0 # hooks behind this one see the command's code all the same
}

if [[ -o interactive && -d #<folder> && -z ${_aniate_count-} ]]; then
    export ANIATE_RECORD=#<folder>/$$
    (umask 077 && : >|"$ANIATE_RECORD") 2>/dev/null
    typeset -g _aniate_ran='' _aniate_mark=${_aniate_mark-}
    typeset -gi _aniate_count=0
    typeset -ga precmd_functions preexec_functions
    precmd_functions=(_aniate_precmd "${precmd_functions[@]}")
    preexec_functions+=(_aniate_preexec)
fi
