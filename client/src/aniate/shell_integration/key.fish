# A key that turns the words at the prompt into a command, in place. Nothing is run.
function _aniate_key
    set -l words (commandline -b | string collect)
    string match -q -r '\S' -- $words; or return 0
    set -l made (command ant shell -- $words </dev/null | string collect)
    test -n "$made"; and commandline -r -- $made
    commandline -f repaint
end
if status is-interactive
    bind #<key> _aniate_key
    bind -M insert #<key> _aniate_key 2>/dev/null
end
