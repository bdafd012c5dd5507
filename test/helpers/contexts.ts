// Accepts build contexts into a separate folder, and reads back the kept files.

import { createReadStream, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import type { Test } from 'tap'
import { takeContext } from '../../src/builds/context/intake.ts'
import type { TarEntry } from './archives.ts'
import { inPieces } from './collect.ts'
import { makeFolder } from './folder.ts'

export const MIB = 1024 * 1024
export const LIMITS = { uploadBytes: 64 * MIB, contextBytes: 256 * MIB, entries: 100 }
export const DOCKERFILE = { name: 'Dockerfile', content: 'FROM scratch\n' }

export const TREE: TarEntry[] = [
  DOCKERFILE,
  { name: './', type: 'directory' },
  { name: './app/', type: 'directory', mode: 0o750 },
  { name: './app/run.sh', mode: 0o755, uid: 1234, uname: 'somebody', content: '#!/bin/sh\n' },
  { name: `app/${'long/'.repeat(40)}name`, content: 'x' },
  { name: 'app/ünïcödé 漢字', content: 'y' },
  { name: 'link', type: 'symlink', linkname: 'app/run.sh' },
  { name: 'outside', type: 'symlink', linkname: '/etc/passwd' },
  { name: 'hard', type: 'link', linkname: './app/run.sh' }
]

type Options = Partial<typeof LIMITS> & { piece?: number }
type Kept = { name: string; type: string; linkname?: string; mode: number; uid: number; content: string }

/** The folder is emptied after each test of the file. */
export function intake(t: Test) {
  const folder = makeFolder('intake')
  const file = join(folder, 'context.tar')
  t.teardown(() => rmSync(folder, { recursive: true }))
  t.afterEach(() => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
  })
  const takeIn = (bytes: Buffer, { piece = 64 * 1024, ...limits }: Options = {}) =>
    takeContext(Readable.from(inPieces(bytes, piece)), file, { ...LIMITS, ...limits })
  return {
    file,
    files: () => readdirSync(folder),
    takeIn,
    take: async (bytes: Buffer, options?: Options) => (await takeIn(bytes, options)).context,
    async kept(): Promise<Kept[]> {
      const found: Kept[] = []
      const source = createReadStream(file).pipe(extract())
      for await (const entry of source) {
        const { name, type, linkname, mode, uid } = entry.header
        const content = (await buffer(entry as AsyncIterable<Buffer>)).toString()
        found.push({ name, type, ...(linkname && { linkname }), mode: mode ?? 0, uid: uid ?? -1, content })
      }
      return found
    }
  }
}

/** Incompressible bytes. */
export function createNoise(bytes: number): Buffer {
  const noise = Buffer.alloc(bytes)
  for (let at = 0, seed = 1; at < bytes; at += 4) noise.writeUInt32LE((seed = (seed * 48271) % 2147483647), at)
  return noise
}
