// Completion for three shells. Each calls `berth __complete`, so they know every command, option and container.

import { command, type Command } from '../command.ts'
import { UsageError } from '../exit-codes.ts'

const SCRIPTS: Record<string, string> = {
  bash: `_berth() {
  local IFS=$'\\n'
  COMPREPLY=($(berth __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [ \${#COMPREPLY[@]} -gt 0 ] || compopt -o default
}
complete -F _berth berth`,
  zsh: `#compdef berth
_berth() {
  local -a offers
  offers=(\${(f)"$(berth __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#offers} )); then compadd -a offers; else _files; fi
}
compdef _berth berth`,
  fish: `function __berth_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l offers (berth __complete $words[2..-1] 2>/dev/null)
  if count $offers >/dev/null
    printf '%s\\n' $offers
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c berth -f -a '(__berth_complete)'`
}

export const completionCommands: readonly Command[] = [
  command({
    name: 'completion',
    args: '<shell>',
    about: 'Print the completion for bash, zsh or fish.',
    examples: [
      ['source <(berth completion bash)', 'in ~/.bashrc; zsh the same'],
      ['berth completion fish > ~/.config/fish/completions/berth.fish', 'for fish']
    ],
    completes: 'shell',
    async run({ show }, { args: [shell = ''] }) {
      const script = SCRIPTS[shell]
      if (script === undefined) throw new UsageError(`"${shell}" is not a shell that is known: bash, zsh or fish.`)
      show({ shell, script }, () => script)
    }
  })
]
