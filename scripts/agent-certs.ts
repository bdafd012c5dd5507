// Creates the certificates of agents and of the servers that call them: npm run agent-certs [-- FOLDER]. It discards the key
// of the CA, so no other certificate can be signed. A renewal creates a new set.

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AGENT_NAME } from '../src/engine/swarm/agents.ts'
import { createAuthority, type Certificate } from './authority.ts'
import { giveUp, say, SetupError } from './say.ts'

const DAYS = 3650
const FOLDER = 'config/agent'

try {
  make(process.argv[2] ?? FOLDER)
} catch (error) {
  giveUp(error)
}

function make(folder: string): void {
  if (existsSync(folder)) throw new SetupError(`${folder} is there already. Remove it to make another set.`)
  if (spawnSync('openssl', ['version']).status !== 0) throw new SetupError('This needs the program openssl.')
  const work = mkdtempSync(join(tmpdir(), 'berth-agent-certs-'))
  try {
    const authority = createAuthority(work, { name: 'Berth agents', days: DAYS })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    copyFileSync(authority.ca, join(folder, 'ca.pem'))
    keep(folder, 'agent', authority.sign({ name: AGENT_NAME, days: DAYS, use: 'serverAuth' }))
    keep(folder, 'server', authority.sign({ name: 'berth', days: DAYS, use: 'clientAuth' }))
  } finally {
    rmSync(work, { recursive: true })
  }
  say(`${folder} has the certificates. Deploy with: docker stack deploy -c docker-stack.yml berth`)
}

function keep(folder: string, side: 'agent' | 'server', { cert, key }: Certificate): void {
  copyFileSync(cert, join(folder, `${side}-cert.pem`))
  copyFileSync(key, join(folder, `${side}-key.pem`))
}
