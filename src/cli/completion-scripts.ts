// What a shell reads to complete words of the command. Each asks the command itself, which knows its verbs and the cluster's names.

/** The shells that are known. */
export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/** The script for a shell, to be sourced. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash;
    case 'zsh':
      return zsh;
    case 'fish':
      return fish;
  }
}

const bash = `\
# Completion for bash: source <(serin completion bash)
_serin() {
  local word about
  COMPREPLY=()
  while IFS=$'\\t' read -r word about; do
    [[ -n $word ]] && COMPREPLY+=("$word")
  done < <(serin __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -o default -F _serin serin
`;

const zsh = `\
#compdef serin
# Completion for zsh: source <(serin completion zsh), after compinit
_serin() {
  local line
  local -a offers
  for line in "\${(@f)$(serin __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && offers+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#offers} )); then _describe serin offers; else _files; fi
}
if [ "\${funcstack[1]}" = "_serin" ]; then _serin "$@"; else compdef _serin serin; fi
`;

const fish = `\
# Completion for fish: serin completion fish | source
function __serin_complete
    set -l words (commandline -opc)
    set -l present (commandline -ct)
    set -l offers (serin __complete -- $words[2..-1] "$present" 2>/dev/null)
    if set -q offers[1]
        printf '%s\\n' $offers
    else
        __fish_complete_path "$present"
    end
end
complete -c serin -f -a '(__serin_complete)'
`;
