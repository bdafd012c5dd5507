// A context without the paths that its .dockerignore excludes. `docker build` excludes them before it sends anything; in a
// context that arrives as an archive, engines ignore that file.

import { createReadStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { IGNORE_FILE, readIgnore, type Ignore } from '../../lib/dockerignore.ts'
import { tarEntries } from './archives.ts'
import { readAll } from './intake.ts'
import type { Kept } from './kept.ts'
import { writeTar, type EntrySource } from './pack.ts'
import { createMeter, entryPath, invalidContext, type ContextLimits } from './rules.ts'

/** Returns the reduced context, or undefined if nothing is excluded. The Dockerfile always stays. */
export async function leaveOutIgnored(
  tarFile: string,
  dockerfile: string,
  limits: ContextLimits,
  kept: Kept
): Promise<{ bytes: number; entries: number } | undefined> {
  const own = entryPath(dockerfile) ?? ''
  const isLeftOut = await findIgnore(tarFile, own, kept)
  if (!isLeftOut) return undefined
  const fresh = `${tarFile}.new`
  const whole = (await stat(tarFile)).size
  const meter = createMeter(limits)
  meter.packed(whole)
  try {
    await writeTar(
      fresh,
      without(tarFile, (path) => path !== own && isLeftOut(path)),
      meter
    )
    await rename(fresh, tarFile)
    meter.written(-whole)
  } finally {
    await rm(fresh, { force: true })
  }
  return { bytes: meter.seen.unpacked, entries: meter.seen.entries }
}

/** The Dockerfile's own file takes precedence over the common one. */
async function findIgnore(tarFile: string, dockerfile: string, kept: Kept): Promise<Ignore | undefined> {
  const names = [`${dockerfile}${IGNORE_FILE}`, IGNORE_FILE]
  const texts = kept.isComplete ? kept.texts : await readFiles(tarFile, names)
  const text = names.map((name) => texts.get(name)).find((known) => known !== undefined)
  return text === undefined ? undefined : readIgnore(text, invalidContext)
}

async function readFiles(tarFile: string, names: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for await (const { header, content } of tarEntries(createReadStream(tarFile)))
    if (header.type === 'file' && content && names.includes(header.name))
      found.set(header.name, (await readAll(content, header.name)).toString('utf8'))
  return found
}

async function* without(tarFile: string, isLeftOut: Ignore): AsyncGenerator<EntrySource> {
  for await (const entry of tarEntries(createReadStream(tarFile))) if (!isLeftOut(entry.header.name)) yield entry
}
