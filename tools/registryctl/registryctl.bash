# Completion of registryctl for bash: verbs and options are those that the program itself shows.
_registryctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local words

    if [ "$COMP_CWORD" = 1 ]; then
        words=$(registryctl --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$words --help --version" -- "$current")
        return
    fi
    case $previous in
    --file | --ca | --cert | --key | --pid-file | --state | --config | --input | --output)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    esac
    words=$(registryctl "${COMP_WORDS[1]}" --help | grep -o -e '--[a-z][a-z-]*' | sort -u)
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _registryctl registryctl
