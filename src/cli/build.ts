// Builds an image from a folder, a Dockerfile or an archive: packs it on the way, and shows the log live until the build ends.

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { BuildDetails, Calls } from '../client/api.ts'
import { parseReference } from '../lib/reference.ts'
import { duration } from '../lib/format.ts'
import { createSteps } from './build-steps.ts'
import { CommandError, UsageError } from './exit-codes.ts'
import { bytesBelow, ignoreOf, packFolder } from './pack.ts'
import { counted, createProgress, bytesLine, type Progress } from './progress.ts'
import type { Session } from './session.ts'

type Form = Calls['createBuild']['given']['form']

/** Resolves with the finished build. */
export async function build(session: Session, path: string, form: Omit<Form, 'file'>): Promise<BuildDetails> {
  const { berth, signal } = session
  const progress = createProgress(session)
  try {
    const file = await contentOf(path, form.dockerfile ?? 'Dockerfile', progress)
    const { id } = await berth.createBuild({ form: { ...form, file } }, { signal })
    await showLog(session, id, progress)
    const done = await ended(session, id)
    if (done.build.duration_ms !== null && done.build.status === 'completed')
      progress.line(`Built ${done.references[0] ?? done.image_name} in ${duration(done.build.duration_ms)}`)
    return done
  } finally {
    progress.end()
  }
}

/** Until the log ends: step by step on a terminal, unchanged elsewhere. */
async function showLog({ berth, signal }: Session, id: string, progress: Progress): Promise<void> {
  const steps = createSteps(Date.now)
  progress.draw(steps.live)
  for await (const event of berth.stream('getBuildLogs', { id, follow: true }, { signal })) {
    if (event.event !== 'line') continue
    const { line } = event.data
    if (!progress.isLive) progress.line(line)
    // The last line becomes the error of the command.
    else if (!line.startsWith('FAILED: ')) for (const stays of steps.take(line)) progress.line(stays)
  }
  const left = progress.isLive ? steps.unfinished() : []
  progress.draw(() => [])
  for (const line of left) progress.line(line)
}

/** The log ends with the build itself, and the outcome of a stage may not be stored yet. */
async function ended({ berth, signal }: Session, id: string): Promise<BuildDetails> {
  for (;;) {
    const build = await berth.getBuild({ id }, { signal })
    if (build.finished_at !== null) return build
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Throws for an unsuccessful build. */
export function mustHaveSucceeded({ id, status, build, push, run }: BuildDetails): void {
  if (status === 'completed') return
  const failed = [build, push, run].find((stage) => stage.reason !== null)
  throw new CommandError(
    `The build ${status === 'cancelled' ? 'was cancelled' : 'failed'}: ${failed?.reason ?? status} (build ${id})`
  )
}

async function contentOf(path: string, dockerfile: string, progress: Progress): Promise<AsyncIterable<Uint8Array>> {
  const found = await stat(path).catch(() => undefined)
  if (!found) throw new UsageError(`There is no folder or file ${path}.`)
  const metered = (content: AsyncIterable<Uint8Array>, size: number) =>
    counted(content, (sent) => progress.draw(() => [bytesLine('Sending', sent, size)]))
  if (!found.isDirectory()) return metered(createReadStream(path), found.size)
  const inFolder = relative(path, resolve(path, dockerfile))
  const hasDockerfile = await stat(resolve(path, dockerfile)).then(
    (file) => file.isFile(),
    () => false
  )
  if (!hasDockerfile)
    throw new UsageError(`The folder ${path} has no ${dockerfile}. Write one, or say where it is with --file.`)
  const ignore = await ignoreOf(path, inFolder)
  const size = progress.isLive ? await bytesBelow(path, ignore) : 0
  const gzip = createGzip({ level: 1 })
  // The reader of the archive reports errors of reading the folder.
  pipeline(Readable.from(metered(packFolder(path, ignore), size)), gzip, () => {})
  return gzip
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
