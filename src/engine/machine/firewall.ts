// The firewall of this machine, through its own commands. Their arguments are fixed, and the rules come from the operator's
// policy: no part of a request is in them.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Reach } from '../../lib/reach.ts'
import { ipv4Rules, IPV6_RULES, isWhole, restoreText, standingOf, type Rules } from './firewall-rules.ts'

const TIMEOUT_MS = 20_000
const LIST = ['-w', '10', '-t', 'mangle', '-S']
const RESTORE = ['-w', '10', '--noflush']
const IPV6_IS_HERE = '/proc/net/if_inet6'

export type Firewall = {
  /** Inserts the rules first, or replaces them. Throws if this process may not, or the machine cannot. */
  raise(): Promise<void>
  /** Whether they are as `raise` left them. */
  stands(): Promise<boolean>
}

export function createFirewall({ reach }: { reach: readonly Reach[] }): Firewall {
  const families: { program: string; rules: Rules; standing?: string }[] = [
    { program: 'iptables', rules: ipv4Rules(reach) },
    ...(existsSync(IPV6_IS_HERE) ? [{ program: 'ip6tables', rules: IPV6_RULES }] : [])
  ]
  const listing = (program: string) => run(program, LIST)

  return {
    async raise() {
      for (const family of families) {
        const { program, rules } = family
        await run(`${program}-restore`, RESTORE, restoreText(rules, await listing(program)))
        const standing = standingOf(await listing(program))
        if (!isWhole(standing, rules)) throw new Error(`${program} does not show the rules that it was given`)
        family.standing = standing.join('\n')
      }
    },

    async stands() {
      const found = await Promise.all(families.map(({ program }) => listing(program)))
      return families.every(({ standing }, index) => standingOf(found[index] ?? '').join('\n') === standing)
    }
  }
}

function run(program: string, args: string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const [reason = ''] = stderr.trim().split('\n')
      reject(new Error(`${program}: ${reason || error.message}`, { cause: error }))
    })
    // It may end before it has read anything.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
