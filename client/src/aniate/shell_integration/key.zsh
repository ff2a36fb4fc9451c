# A key that turns the words at the prompt into a command, in place. Nothing is run.
_aniate_key() {
    local made
    [[ $BUFFER == *[![:space:]]* ]] || return 0
    zle -R "$BUFFER …"
    if made=$(command ant shell -- "$BUFFER" </dev/null) && [[ -n $made ]]; then
        BUFFER=$made CURSOR=${#made}
    fi
    zle reset-prompt
}
if [[ -o interactive ]]; then
    zle -N _aniate_key
    bindkey '#<key>' _aniate_key
fi
