import { command, type Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

export const doctorCommands: readonly Command[] = [
  command({
    name: 'doctor',
    about: 'Diagnose Berth: what is wrong, and how to fix it.',
    more: 'It looks at Node, the engine and its socket, the server, its token and version, ports and disk. It changes nothing.',
    examples: [['berth doctor', 'exit code 1 when something is wrong']],
    async run(session) {
      const { examine } = await import('../doctor.ts')
      const findings = await examine(session)
      const { style } = session
      const MARKS = { good: style.green('ok  '), warning: style.yellow('note'), wrong: style.red('bad ') }
      session.show(findings, () =>
        findings
          .map(({ name, state, detail, fix }) => {
            const hint = fix === undefined ? '' : `\n      ${style.dim('try:')} ${fix}`
            return `${MARKS[state]}  ${style.bold(name)}  ${detail}${hint}`
          })
          .join('\n')
      )
      return findings.some(({ state }) => state === 'wrong') ? EXIT.failed : EXIT.done
    }
  })
]
