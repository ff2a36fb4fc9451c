# Question marks and stars in a question are no patterns.
if [[ -o interactive ]]; then
    alias ant='noglob ant'
fi
