// Archives packed and read by Python, so that our tests do not check our code with our code.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { python } from './python.ts'
import type { Node, Seen } from './trees.ts'

type Entry = { name: string; kind: string; mode: number; uid?: number; gid?: number; seconds?: number } & Pick<
  Seen,
  'target' | 'hash'
>

const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')
const latin1 = (text: string) => Buffer.from(text, 'base64').toString('latin1')

export function startArchiver(t: Pick<Test, 'teardown'>) {
  const archiver = spawn(python(), [join(import.meta.dirname, '../fixtures/archives.py')], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  t.teardown(() => archiver.stdin.end())
  const waiting: ((answer: unknown) => void)[] = []
  createInterface({ input: archiver.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)))
  const ask = <T>(asked: object): Promise<T> => {
    archiver.stdin.write(`${JSON.stringify(asked)}\n`)
    return new Promise((resolve) => waiting.push(resolve as (answer: unknown) => void))
  }

  return {
    /** A format without nanoseconds leaves them out. */
    async pack(nodes: Node[], format: 'gnu' | 'pax' | 'ustar'): Promise<Buffer> {
      const entries = nodes.map((node) => ({
        ...node,
        name: base64(node.name),
        target: base64(node.target),
        seconds: String(node.seconds),
        nanoseconds: String(node.nanoseconds).padStart(9, '0'),
        content: node.kind === 'file' ? node.content.toString('base64') : ''
      }))
      return Buffer.from(await ask<string>({ pack: entries, format }), 'base64')
    },

    /** The entries by path. A second name of a file is shown as the file. */
    async read(archive: Buffer, format: 'tar' | 'tar.gz' | 'zip'): Promise<Record<string, Seen>> {
      const found: Record<string, Seen> = {}
      for (const entry of await ask<Entry[]>({ read: archive.toString('base64'), format })) {
        const path = latin1(entry.name).replace(/\/$/, '')
        const target = latin1(entry.target)
        found[path] = seenAs(entry, entry.kind === 'link' ? found[target] : undefined, target)
      }
      return found
    }
  }
}

function seenAs({ kind, mode, uid, gid, seconds, hash }: Entry, first: Seen | undefined, target: string): Seen {
  if (first) return first
  return {
    kind,
    target,
    hash,
    ...(kind !== 'symlink' && { mode }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(seconds !== undefined && { seconds })
  }
}
