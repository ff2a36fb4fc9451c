# Completion of `ant` for fish 3.1 and newer, printed by `ant completion fish`. No program runs at a Tab.

# What may follow "COMMAND:HOW MANY WORDS:THE FIRST OF THEM".
function __ant_expects
    switch $argv[1]
        #<expects>
    end
end

# What the value of an option may be; fails if the option takes none.
function __ant_value
    switch $argv[1]
        #<values>
        case '*'
            return 1
    end
end

# The options of a command, or of none.
function __ant_options
    switch "$argv[1]"
        #<options>
    end
    printf '%s\t%s\n' #<everywhere>
end

# Sets `command`, and `limit`: behind how many words an option may still stand.
function __ant_command --no-scope-shadowing
    switch $argv[1]
        case #<any>
            set command $argv[1]
        case '*'
            set command cmd
            set count 1
            set first $argv[1]
    end
    switch $command
        #<limits>
    end
end

# Sets `expects` and `command`: goes through the words as `ant` will.
function __ant_read --no-scope-shadowing
    set -l words (commandline -opc)
    while string match -qr '^\w+=' -- $words[1]
        set -e words[1]
    end
    set -l full (commandline -ct)
    set -l count 0
    set -l limit #<free>
    set -l closed 0
    set -l first ''
    set -l option ''
    for word in $words[2..-1]
        if test -n "$option"
            test $option = --profile; and set profile $word
            set option ''
        else if test $closed = 1; or not string match -qr '^-[^0-9]' -- $word
            if test -z "$command"
                __ant_command $word
            else
                test $count -gt 0; or set first $word
                set count (math $count + 1)
                test $count -le $limit; or set closed 1
            end
        else if test $word = --
            test -z "$command"; or set closed 1
        else if string match -q -- '--profile=*' $word
            set profile (string replace -- --profile= '' $word)
        else if __ant_value $word >/dev/null
            set option $word
        end
    end
    if test -n "$option"
        set expects (__ant_value $option)
    else if test $closed = 0; and string match -qr '^--.*=' -- "$full"
        set lead (string match -r '^--[^=]*=' -- "$full")
        set expects (__ant_value (string trim --right --chars = -- $lead))
    else if test $closed = 0; and string match -q -- '-*' "$full"
        set expects OPTIONS
    else if test -z "$command"
        set expects COMMANDS BREWS ASSISTANTS BREWED
    else
        set expects (__ant_expects "$command:$count:$first")
    end
    string match -q -- "$lead@*" "$full"; and set sign @
end

# The names in a file of rows: a profile, what `$argv[2]` fits, name, summary.
function __ant_names --no-scope-shadowing
    test -f $argv[1]; and test -r $argv[1]; or return 0
    set -l mine '[^\t]+'
    test -n "$profile"; and set mine (string escape --style=regex -- $profile)
    set -l pattern "^$mine\t$argv[2]([a-z][a-z0-9_-]{0,31})\t([^\t]*)$argv[3]\$"
    set -l seen chat maker
    while read -l --line row
        set -l found (string match -r -- $pattern $row); or continue
        contains -- $found[2] $seen; and continue
        set -a seen $found[2]
        printf '%s\t%s\n' $sign$found[2] (string replace -ra '[[:cntrl:]]' '' -- $found[3])
    end <$argv[1]
end

# What may be typed at the cursor, with descriptions; FILES are offered by fish itself.
function __ant_items
    set -l profile $ANT_PROFILE
    set -l command ''
    set -l lead ''
    set -l sign ''
    set -l expects
    __ant_read
    set -l cache $HOME/.cache
    string match -q '/*' -- $XDG_CACHE_HOME; and set cache $XDG_CACHE_HOME
    for word in $expects
        switch $word
            case FILES
            case OPTIONS
                __ant_options "$command"
            case COMMANDS
                printf '%s\t%s\n' #<names>
            case SETTINGS
                printf '%s\t%s\n' #<settings>
            case BREWS
                test -n "$sign"; or __ant_names $cache/aniate/brews.tsv ''
            case ASSISTANTS
                __ant_names $cache/aniate/assistants.tsv '[^\t]*\t' | string replace -r -- '^' $lead
            case BREWED
                test -n "$sign"; or __ant_names $cache/aniate/assistants.tsv '[^\t]*\t' '\tcommand' | string replace -r -- '^' $lead
            case '*'
                printf '%s\n' $word
        end
    end
end

# Whether a file may stand at the cursor.
function __ant_wants_files
    set -l profile
    set -l command ''
    set -l lead ''
    set -l sign ''
    set -l expects
    __ant_read
    contains FILES $expects
end

# fish brings completions for Apache Ant, which run `ant`. They are loaded here, by asking them for a file that cannot
# be, and thrown away; else fish would add them to ours at the first Tab.
complete -C 'ant -logger /dev/null/' >/dev/null
for name in ant aniate
    complete -c $name -e
    complete -c $name -f -a '(__ant_items)'
    complete -c $name -n __ant_wants_files -F
end
