#compdef ant aniate
# Completion of `ant` for zsh, printed by `ant completion zsh`. No program runs at a Tab.

# Sets `expects` to what may follow "COMMAND:HOW MANY WORDS:THE FIRST OF THEM".
_ant_expects() {
    case $1 in
        #<expects>
    esac
}

# Sets `expects` to what the value of an option may be; fails if the option takes none.
_ant_value() {
    case $1 in
        #<values>
        *) return 1 ;;
    esac
}

# Offers the options of a command, or of none.
_ant_options() {
    local -a items
    case $1 in
        #<options>
    esac
    items+=(#<everywhere>)
    _describe -o -t options option items
}

# Sets `command`, and `limit`: behind how many words an option may still stand.
_ant_command() {
    case $1 in
        #<any>) command=$1 ;;
        *) command=cmd count=1 first=$1 ;;
    esac
    case $command in
        #<limits>
    esac
}

# Offers the names in a file of rows: profile, a column or none, name, summary, and of a command that word.
_ant_names() {
    setopt localoptions extendedglob
    local line name
    local -a fields items
    local -A seen
    [[ -f $1 && -r $1 ]] || return 1
    while IFS= read -r line || [[ -n $line ]]; do
        fields=("${(@ps:\t:)line}")
        (( $#fields == $2 )) || continue
        if (( $2 == 5 )); then
            [[ $fields[5] == command ]] || continue
            fields[5]=()
        fi
        [[ -z $profile || $fields[1] == "$profile" ]] || continue
        name=$fields[-2]
        [[ $name == [a-z][a-z0-9_-]# && $#name -le 32 && $name != (chat|maker) && -z ${seen[$name]-} ]] || continue
        seen[$name]=1
        items+=("$name:${${fields[-1]//[[:cntrl:]]/}//\\/\\\\}")
    done <"$1"
    _describe -t "$3s" "$3" items
}

# Offers what `expects` stands for.
_ant_offer() {
    local word cache=$HOME/.cache
    local -a items
    local -i found=1
    [[ ${XDG_CACHE_HOME-} != /* ]] || cache=$XDG_CACHE_HOME
    for word in ${=expects}; do
        items=()
        case $word in
            FILES) _files && found=0 ;;
            OPTIONS) _ant_options "$command" && found=0 ;;
            COMMANDS)
                items=(#<names>)
                _describe -t commands command items && found=0 ;;
            SETTINGS)
                items=(#<settings>)
                _describe -t settings setting items && found=0 ;;
            BREWS) _ant_names "$cache/aniate/brews.tsv" 3 brew && found=0 ;;
            ASSISTANTS)
                compset -P @
                _ant_names "$cache/aniate/assistants.tsv" 4 assistant && found=0 ;;
            BREWED)
                [[ $IPREFIX$PREFIX == *@* ]] ||
                    { _ant_names "$cache/aniate/assistants.tsv" 5 command && found=0 } ;;
            *) compadd -- "$word" && found=0 ;;
        esac
    done
    return found
}

# Goes through the words as `ant` will, and offers what may follow.
_ant() {
    local word command='' first='' expects='' profile=${ANT_PROFILE-}
    local -i at count=0 limit=#<free> closed=0
    for ((at = 2; at < CURRENT; at++)); do
        word=${(Q)words[at]}
        if ((closed)) || [[ $word != -?* || $word == -[0-9]* ]]; then
            if [[ -z $command ]]; then
                _ant_command "$word"
            else
                ((count > 0)) || first=$word
                ((++count <= limit)) || closed=1
            fi
        elif [[ $word == -- ]]; then
            [[ -z $command ]] || closed=1
        elif [[ $word == --profile=* ]]; then
            profile=${word#*=}
        elif _ant_value "$word"; then
            ((++at))
            [[ $word != --profile ]] || profile=${(Q)words[at]}
        fi
    done
    if ((at == CURRENT)); then # else the word at the cursor is an option's value
        expects=''
        if ((!closed)) && [[ $PREFIX == --*=* ]]; then
            _ant_value "${PREFIX%%=*}"
            compset -P 1 '*='
        elif ((!closed)) && [[ $PREFIX == -* ]]; then
            expects=OPTIONS
        elif [[ -z $command ]]; then
            expects='COMMANDS BREWS ASSISTANTS BREWED'
        else
            _ant_expects "$command:$count:$first"
        fi
    fi
    _ant_offer
}

if [[ ${funcstack[1]-} == _ant ]]; then # a file in $fpath, loaded at the first Tab
    _ant "$@"
else
    compdef _ant ant aniate
fi
