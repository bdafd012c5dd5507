// A folder, a Dockerfile or an archive to an image: packed on the way, its log shown as it comes, until the build is over.

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { BuildDetails, Calls } from '../client/api.ts'
import { parseReference } from '../lib/reference.ts'
import { bytes, duration } from '../lib/format.ts'
import { CommandError, UsageError } from './exit-codes.ts'
import { ignoreOf, packFolder } from './pack.ts'
import { counted, createProgress } from './progress.ts'
import type { Session } from './session.ts'

type Form = Calls['createBuild']['given']['form']
const SHOWN_LINES = 8

/** Resolves with the build, which has come to its end. */
export async function build(session: Session, path: string, form: Omit<Form, 'file'>): Promise<BuildDetails> {
  const { berth, signal } = session
  const progress = createProgress(session)
  const file = await contentOf(path, form.dockerfile ?? 'Dockerfile')
  const meter = counted(file, (total) => progress.draw(() => [`${bytes(total)} sent`]))
  const { id } = await berth.createBuild({ form: { ...form, file: meter } }, { signal })
  const lines: string[] = []
  for await (const event of berth.stream('getBuildLogs', { id, follow: true }, { signal })) {
    if (event.event !== 'line') continue
    const { line } = event.data
    if (progress.isLive && !/^#\d+ \[|^Step \d/.test(line)) {
      lines.push(line)
      progress.draw(() => lines.splice(0, lines.length - SHOWN_LINES) && lines)
    } else progress.line(line)
  }
  progress.end()
  const done = await ended(session, id)
  if (done.build.duration_ms !== null && done.build.status === 'completed')
    progress.line(`Built ${done.references[0] ?? done.image_name} in ${duration(done.build.duration_ms)}`)
  return done
}

/** The log ends with the build itself, and a stage may still be written down. */
async function ended({ berth, signal }: Session, id: string): Promise<BuildDetails> {
  for (;;) {
    const build = await berth.getBuild({ id }, { signal })
    if (build.finished_at !== null) return build
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Throws for a build that came to nothing. */
export function mustHaveSucceeded({ id, status, build, push, run }: BuildDetails): void {
  if (status === 'completed') return
  const failed = [build, push, run].find((stage) => stage.reason !== null)
  throw new CommandError(
    `The build ${status === 'cancelled' ? 'was cancelled' : 'failed'}: ${failed?.reason ?? status} (build ${id})`
  )
}

async function contentOf(path: string, dockerfile: string): Promise<AsyncIterable<Uint8Array>> {
  const found = await stat(path).catch(() => undefined)
  if (!found) throw new UsageError(`There is no folder or file ${path}.`)
  if (!found.isDirectory()) return createReadStream(path)
  const inFolder = relative(path, resolve(path, dockerfile))
  const hasDockerfile = await stat(resolve(path, dockerfile)).then(
    (file) => file.isFile(),
    () => false
  )
  if (!hasDockerfile)
    throw new UsageError(`The folder ${path} has no ${dockerfile}. Write one, or say where it is with --file.`)
  return Readable.from(packFolder(path, await ignoreOf(path, inFolder))).pipe(createGzip({ level: 1 }))
}

/** `registry/team/web:1.4` as the fields of a build. */
export function imageFields(reference: string): Pick<Form, 'image_name' | 'image_tag' | 'registry'> {
  const parsed = parseReference(reference)
  if (!parsed || parsed.digest !== undefined)
    throw new UsageError(`"${reference}" is no name for an image, such as team/web:1.4.`)
  const { registry, tag, repository } = parsed
  const isHub = registry === 'docker.io'
  return {
    image_name: isHub ? repository.replace(/^library\//, '') : repository,
    ...(tag !== undefined && { image_tag: [tag] }),
    ...(!isHub && { registry })
  }
}
