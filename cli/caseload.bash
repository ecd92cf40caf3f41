# Completion of caseload for bash. Commands and options come from the program's own help, so they are those of
# the version that is installed.
_caseload() {
	local cur=${COMP_WORDS[COMP_CWORD]} command='' word
	COMPREPLY=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == -* ]] || { command=$word; break; }
	done
	if [[ $cur == -* ]]; then
		local options
		options=$(caseload ${command:+"$command"} --help 2>/dev/null |
			sed -nE 's/^ +(-., )?(--[a-z-]+)(\[?=)?.*/\2\3/p' | sed 's/\[=$//')
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
		[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
		return
	fi
	# Names of files: what is attached, and what an option takes after its =.
	if [[ $command == attach || ${COMP_WORDS[COMP_CWORD-1]} == -o ||
		( ${COMP_WORDS[COMP_CWORD-1]} == = && ${COMP_WORDS[COMP_CWORD-2]} =~ ^--(attach|output|config)$ ) ]]; then
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$cur"))
		return
	fi
	[[ -z $command ]] || return
	COMPREPLY=($(compgen -W "$(caseload --help 2>/dev/null |
		sed -nE 's/^  ([a-z]+) .*/\1/p' | grep -vx caseload | sort -u)" -- "$cur"))
}
complete -F _caseload caseload
