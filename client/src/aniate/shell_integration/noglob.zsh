# Question marks and stars in a question are no patterns. `\ant …` has them filled in all the same.
if [[ -o interactive ]]; then
    alias ant='noglob ant'
fi
