# Completion of `ant` for bash 3.2 and newer, printed by `ant completion bash`. No program runs at a Tab.

# Sets `expects` to what may follow "COMMAND:HOW MANY WORDS:THE FIRST OF THEM".
_aniate_expects() {
    case $1 in
        #<expects>
    esac
}

# Sets `expects` to what the value of an option may be; fails if the option takes none.
_aniate_value() {
    case $1 in
        #<values>
        *) return 1 ;;
    esac
}

# Sets `items` to the options of a command, or of none.
_aniate_options() {
    case $1 in
        #<options>
    esac
    items+=(#<everywhere>)
}

# Sets `command`, and `limit`: behind how many words an option may still stand.
_aniate_command() {
    case $1 in
        #<any>) command=$1 ;;
        *) command=cmd count=1 first=$1 ;;
    esac
    case $command in
        #<limits>
    esac
}

# Adds to `items` the names in a file of tab-separated rows that begin with a profile and fit a pattern.
_aniate_names() {
    local LC_ALL=C line
    [[ -f $1 && -r $1 ]] || return 0
    while IFS= read -r line || [[ -n $line ]]; do
        [[ $line =~ $2 ]] || continue
        [[ -z $profile || ${BASH_REMATCH[1]} == "$profile" ]] || continue
        [[ ${BASH_REMATCH[2]} == chat || ${BASH_REMATCH[2]} == maker ]] || items+=("$sign${BASH_REMATCH[2]}")
    done <"$1"
}

# Sets `items` to what `expects` stands for.
_aniate_items() {
    local IFS=' ' word tab=$'\t' sign='' cache=${HOME-}/.cache name='([a-z][a-z0-9_-]{0,31})'
    [[ ${XDG_CACHE_HOME-} != /* ]] || cache=$XDG_CACHE_HOME
    [[ $cur != @* ]] || sign=@
    for word in $expects; do
        case $word in
            FILES) ((BASH_VERSINFO[0] < 4)) || compopt -o default ;;
            OPTIONS) _aniate_options "$command" ;;
            COMMANDS) items+=(#<names>) ;;
            SETTINGS) items+=(#<settings>) ;;
            BREWS) [[ $sign ]] || _aniate_names "$cache/aniate/brews.tsv" "^([^$tab]+)$tab$name$tab[^$tab]*\$" ;;
            ASSISTANTS)
                _aniate_names "$cache/aniate/assistants.tsv" "^([^$tab]+)$tab[^$tab]*$tab$name$tab[^$tab]*\$" ;;
            BREWED)
                [[ $sign ]] ||
                    _aniate_names "$cache/aniate/assistants.tsv" "^([^$tab]+)$tab[^$tab]*$tab$name$tab[^$tab]*${tab}command\$" ;;
            *) items+=("$word") ;;
        esac
    done
}

# Sets `words` to the words up to the cursor, which bash has split at = and @ and :.
_aniate_words() {
    local line=${COMP_LINE:0:COMP_POINT} at word
    for ((at = 0; at <= COMP_CWORD; at++)); do
        if ((at == 0)) || [[ $line == [[:space:]]* ]]; then
            words+=('')
            line=${line#"${line%%[![:space:]]*}"}
        fi
        word=${COMP_WORDS[at]}
        ((at < COMP_CWORD)) || word=$line
        words[${#words[@]} - 1]+=$word
        line=${line#"$word"}
    done
}

# Sets `expects` from `words`: goes through them as `ant` will.
_aniate_read() {
    local at word last=$((${#words[@]} - 1)) count=0 limit=#<free> closed=0 first='' full
    for ((at = 1; at < last; at++)); do
        word=${words[at]}
        if ((closed)) || [[ $word != -?* || $word == -[0-9]* ]]; then
            if [[ -z $command ]]; then
                _aniate_command "$word"
            else
                ((count > 0)) || first=$word
                ((++count <= limit)) || closed=1
            fi
        elif [[ $word == -- ]]; then
            [[ -z $command ]] || closed=1
        elif [[ $word == --profile=* ]]; then
            profile=${word#*=}
        elif _aniate_value "$word"; then
            ((++at))
            [[ $word != --profile ]] || profile=${words[at]}
        fi
    done
    ((at == last)) || return 0 # the word at the cursor is an option's value
    expects='' full=${words[last]}
    if ((!closed)) && [[ $full == --*=* ]]; then
        _aniate_value "${full%%=*}"
        cur=${full#*=}
    elif ((!closed)) && [[ $full == -* ]]; then
        expects=OPTIONS
    elif [[ -z $command ]]; then
        expects='COMMANDS BREWS ASSISTANTS BREWED'
    else
        _aniate_expects "$command:$count:$first"
    fi
}

_aniate() {
    local cur=$2 kept words command='' expects='' items profile=${ANT_PROFILE-} item seen=' '
    words=() items=() COMPREPLY=()
    _aniate_words
    _aniate_read
    kept=${2%"$cur"} # `--from=` where bash does not split at =
    _aniate_items
    for item in ${items[@]+"${items[@]}"}; do
        [[ $item == "$cur"* && $seen != *" $item "* ]] || continue
        seen+="$item "
        COMPREPLY+=("$kept$item")
    done
}

if ((BASH_VERSINFO[0] < 4)); then # where a function can't ask for files
    complete -o default -F _aniate ant aniate
else
    complete -F _aniate ant aniate
fi
