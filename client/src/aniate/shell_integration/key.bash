# A key that turns the words at the prompt into a command, in place. Nothing is run.
_aniate_key() {
    local made
    [[ $READLINE_LINE == *[![:space:]]* ]] || return 0
    printf '\r\e[K%s' "$READLINE_LINE …" >/dev/tty
    if made=$(command ant shell -- "$READLINE_LINE" </dev/null) && [[ -n $made ]]; then
        READLINE_LINE=$made READLINE_POINT=${#made}
    fi
}
if [[ $- == *i* ]] && ((BASH_VERSINFO[0] >= 4)); then
    bind -x '"#<key>": _aniate_key' 2>/dev/null
fi
