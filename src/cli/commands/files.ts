// Files of containers, both ways.

import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { command, type Command } from '../command.ts'
import { CommandError, UsageError } from '../exit-codes.ts'
import { bytesBelow, packFolder, unpackTo } from '../pack.ts'
import { counted, createProgress, bytesLine } from '../progress.ts'
import type { Session } from '../session.ts'

type Place = { id: string; path: string }

const cp = command({
  name: 'cp',
  args: '<from> <to>',
  about: 'Copy files to or from a container.',
  more: 'One of the two is CONTAINER:PATH. A folder is copied with all that is below it. "-" is a tar file from stdin, or to stdout.',
  examples: [
    ['berth cp app.json web:/app/config/app.json', 'a file, in place of the old one'],
    ['berth cp site web:/usr/share/nginx/html', 'what is in a folder'],
    ['berth cp web:/var/log logs', 'out of it, into the folder logs'],
    ['berth cp web:/etc - | tar t', 'as a tar file']
  ],
  completes: 'container',
  async run(session, { args: [from = '', to = ''] }) {
    const source = placeOf(from)
    const target = placeOf(to)
    if (source && !target) return download(session, source, to)
    if (target && !source) return upload(session, from, target)
    throw new UsageError('One of the two is a path in a container, CONTAINER:PATH, and the other one is not.')
  }
})

/** A path with a slash before its colon is one of this machine. */
function placeOf(text: string): Place | undefined {
  const [, id, path] = /^([^/:]+):(.+)$/s.exec(text) ?? []
  return id === undefined || path === undefined ? undefined : { id, path }
}

async function upload(session: Session, from: string, { id, path }: Place): Promise<void> {
  const { berth, note, json, show } = session
  const progress = createProgress(session)
  const send = (
    content: AsyncIterable<Uint8Array>,
    options: { size?: number; unpack?: boolean; headers?: Record<string, string> }
  ) => {
    const { size, unpack, ...rest } = options
    const meter = counted(content, (sent) => progress.draw(() => [bytesLine('Sending', sent, size)]))
    return berth
      .request('writeContainerFile', { id, path, ...(unpack && { unpack }) }, { ...rest, bytes: meter })
      .finally(progress.end)
  }
  const found = from === '-' ? undefined : await stat(from).catch(missing(from))
  const answer =
    found === undefined
      ? await send(session.input as unknown as AsyncIterable<Uint8Array>, { unpack: true })
      : found.isDirectory()
        ? await send(packFolder(from), { unpack: true, size: await bytesBelow(from) })
        : await send(createReadStream(from), { size: found.size, headers: { 'content-length': String(found.size) } })
  const done: unknown = await answer.json()
  if (json) show(done, String)
  else note(`${from} is in ${id}:${path}`)
}

async function download(session: Session, { id, path }: Place, to: string): Promise<void> {
  const { berth, json, note, out, show, signal } = session
  const answer = await berth.request(
    'readContainerFiles',
    { id, path, limit: 1 },
    { signal, headers: { accept: '*/*' } }
  )
  // A file comes as an attachment, a folder as a list.
  const isFolder = answer.headers.get('content-disposition') === null
  if (!isFolder && to !== '-') {
    const file = (await isDirectory(to)) ? join(to, basename(path)) : to
    const progress = createProgress(session)
    const size = Number(answer.headers.get('content-length')) || undefined
    const meter = counted(bodyOf(answer), (done) => progress.draw(() => [bytesLine('Receiving', done, size)]))
    await pipeline(meter, createWriteStream(file)).finally(progress.end)
    return json ? show({ path, file }, String) : note(`${id}:${path} is in ${file}`)
  }
  await answer.body?.cancel()
  const tar = bodyOf(
    await berth.request('downloadContainerFiles', { id, path }, { signal, headers: { accept: '*/*' } })
  )
  if (to === '-') {
    for await (const piece of tar) if (!out.write(piece)) await new Promise((resolve) => out.once('drain', resolve))
    return
  }
  // As docker has it: into a folder that exists, or as a new one.
  const isBelow = await isDirectory(to)
  await mkdir(to, { recursive: true })
  const count = await unpackTo(to, tar as AsyncIterable<Buffer>, { withoutRoot: !isBelow })
  if (json) show({ path, folder: to, entries: count }, String)
  else note(`${count} entries of ${id}:${path} are in ${to}`)
}

const bodyOf = ({ body }: Response): Readable => Readable.fromWeb(body as never)

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false
  )
}

const missing = (path: string) => (error: unknown) => {
  throw new CommandError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`, {
    cause: error
  })
}

export const fileCommands: readonly Command[] = [cp]
