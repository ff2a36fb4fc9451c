# Completion begins when zsh's own has: now, or at the first prompt.
_aniate_complete() {
    if (( ${+functions[compdef]} )); then
        compdef _ant ant aniate
    fi
    precmd_functions=("${(@)precmd_functions:#_aniate_complete}")
    return 0
}
if (( ${+functions[compdef]} )); then
    compdef _ant ant aniate
else
    precmd_functions+=(_aniate_complete)
fi
