// A Swarm of lab.sh, for the tests of a file.

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import type { Test } from 'tap'
import { createAuthority, type Certificate } from '../helpers/certificates.ts'
import { installFor } from '../helpers/debian.ts'
import { connect } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { isAlive } from '../helpers/process.ts'

const LAB = join(import.meta.dirname, 'lab.sh')

/** The reason why a Swarm is impossible here, or false. */
export const noSwarm: string | false =
  process.getuid?.() !== 0
    ? 'needs root'
    : spawnSync('unshare', ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', 'true']).status !== 0
      ? 'needs namespaces'
      : execFileSync('stat', ['-f', '-c', '%T', tmpdir()], { encoding: 'utf8' }).trim() === 'overlayfs'
        ? `${tmpdir()} lies on an overlay`
        : false

type Node = { number: number; name: string; address: string; socket: string; engine: Docker }
export type Lab = ReturnType<typeof startLab>

type Options = {
  nodes: number
  /** The first of the nodes. */
  managers?: number
}

// A lab and its network are named after the process, so that several can run side by side.
const NAMED = /^sw[0-9a-z]+$/
const nameOf = (pid: number) => `sw${pid.toString(36)}`
const pidOf = (name: string) => Number.parseInt(name.slice(2), 36)
const NETS = 250

/** Managers and workers. Leftovers of killed runs are removed first. */
export function startLab(t: Pick<Test, 'teardown'>, { nodes: count, managers = 1 }: Options) {
  const name = nameOf(process.pid)
  const net = `10.79.${process.pid % NETS}`
  installFor('busybox')
  installFor('swarm')
  const tls = makeFolder('swarm-tls')
  t.teardown(() => rmSync(tls, { recursive: true }))
  const run = (...words: string[]) =>
    execFileSync(LAB, [name, ...words], {
      env: { ...process.env, LAB_NET: net, LAB_TLS: join(tls, 'nodes') },
      stdio: 'pipe'
    })
  for (const left of readdirSync('/run'))
    if (NAMED.test(left) && existsSync(join('/run', left, '.lab')) && !isAlive(pidOf(left)))
      execFileSync(LAB, [left, 'down'], { stdio: 'pipe' })
  t.teardown(() => run('down'))
  const authority = createAuthority(join(tls, 'authority'))
  const [nodeFiles, clientFiles] = [join(tls, 'nodes'), join(tls, 'client')]
  const put = (folder: string, name: string, { cert, key }: Certificate, keyName: string) => {
    mkdirSync(folder, { recursive: true })
    copyFileSync(authority.ca, join(folder, 'ca.pem'))
    copyFileSync(cert, join(folder, `${name}.pem`))
    copyFileSync(key, join(folder, keyName))
  }
  for (let number = 1; number <= count; number++)
    put(nodeFiles, `n${number}`, authority.sign({ name: `${net}.${number}` }), `n${number}.key`)
  put(clientFiles, 'cert', authority.sign({ name: 'client', use: 'clientAuth' }), 'key.pem')
  run('up', String(count), String(managers))
  const nodes = Array.from({ length: count }, (_none, index): Node => {
    const number = index + 1
    const socket = run('socket', String(number)).toString().trim()
    return { number, name: `n${number}`, address: `${net}.${number}`, socket, engine: connect(socket) }
  })
  const [manager, ...workers] = nodes
  if (!manager) throw new Error('a lab has a manager')
  return {
    nodes,
    /** This machine, as the nodes reach it. */
    hostAddress: `${net}.254`,
    /** The certificate that a client presents to the engines. */
    clientFiles,
    manager,
    workers,
    kill: ({ number }: Node) => run('kill-node', String(number)),
    start: ({ number }: Node) => run('start-node', String(number)),
    killEngine: ({ number }: Node) => run('kill-engine', String(number)),
    startEngine: ({ number }: Node) => run('start-engine', String(number)),
    partition: ({ number }: Node) => run('partition', String(number)),
    heal: ({ number }: Node) => run('heal', String(number)),

    /** The node with that address, as the API writes addresses. */
    at(address: string): Node {
      const found = nodes.find((node) => node.address === address)
      if (!found) throw new Error(`no node is at ${address}`)
      return found
    },

    /** Sets behind Berth's back which nodes take tasks. */
    async setAvailability({ name }: Node, availability: 'active' | 'drain'): Promise<void> {
      const all = (await manager.engine.listNodes()) as {
        ID: string
        Version: { Index: number }
        Spec: object
        Description: { Hostname: string }
      }[]
      const found = all.find(({ Description: { Hostname: host } }) => host === name)
      if (!found) throw new Error(`no node is called ${name}`)
      await manager.engine
        .getNode(found.ID)
        .update({ version: found.Version.Index, ...found.Spec, Availability: availability })
    }
  }
}
