// The output of a terminal as an asciicast file (version 2), which asciinema plays. Input is not recorded: it may contain passwords.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { AppError } from '../errors.ts'

export type Recording = Awaited<ReturnType<typeof openRecording>>

export async function openRecording({
  folder,
  name,
  size,
  command,
  onFailure,
  now = Date.now
}: {
  folder: string
  /** Of the container. */
  name: string
  size: { cols: number; rows: number }
  command: string
  onFailure: (error: Error) => void
  now?: () => number
}) {
  const startedAt = now()
  const time = new Date(startedAt).toISOString().replaceAll(':', '-')
  // Two recordings may begin at the same time.
  const unique = randomBytes(4).toString('hex')
  const file = createWriteStream(join(folder, `${time}-${name}-${unique}.cast`), { flags: 'wx', mode: 0o600 })
  try {
    await once(file, 'open')
  } catch (cause) {
    throw new AppError('AUDIT_FAILED', 'The recording cannot be written, so the terminal was not opened.', { cause })
  }
  const decoder = new StringDecoder('utf8')
  let hasFailed = false
  file.on('error', (error) => {
    hasFailed = true
    onFailure(error)
  })

  function event(kind: 'o' | 'r', data: string): boolean {
    return file.write(`${JSON.stringify([(now() - startedAt) / 1000, kind, data])}\n`)
  }
  const header = { version: 2, width: size.cols, height: size.rows, timestamp: Math.floor(startedAt / 1000), command }
  file.write(`${JSON.stringify(header)}\n`)

  return {
    /** Resolves when it accepts more, so that a slow disk slows the terminal and fills no memory. */
    async write(bytes: Buffer): Promise<void> {
      if (hasFailed || event('o', decoder.write(bytes))) return
      await once(file, 'drain').catch(() => {})
    },
    resize: (cols: number, rows: number): void => void (hasFailed || event('r', `${cols}x${rows}`)),
    async end(): Promise<void> {
      if (hasFailed) return
      file.end()
      await once(file, 'close').catch(() => {})
    }
  }
}
