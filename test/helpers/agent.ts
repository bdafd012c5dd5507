// Agents of nodes, and their certificates.

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { installFor } from './debian.ts'

const SCRIPT = join(import.meta.dirname, '../../scripts/agent-certs.ts')

/** The files of the script, in separate folders for an agent and a server. */
export function makeAgentCerts(folder: string): { made: string; agent: string; server: string } {
  mkdirSync(folder, { recursive: true })
  const made = join(folder, 'made')
  if (spawnSync('openssl', ['version']).status !== 0) installFor('certificates')
  execFileSync(process.execPath, [SCRIPT, made], { stdio: 'pipe' })
  const [agent = '', server = ''] = ['agent', 'server'].map((side) => {
    const own = join(folder, side)
    mkdirSync(own)
    copyFileSync(join(made, 'ca.pem'), join(own, 'ca.pem'))
    for (const kind of ['cert', 'key']) copyFileSync(join(made, `${side}-${kind}.pem`), join(own, `${kind}.pem`))
    return own
  })
  return { made, agent, server }
}
