// Takes files and a command, returns output and files, and leaves nothing.

import { Type } from '@sinclair/typebox'
import type { Berth } from '../client/client.ts'
import { isBerthError } from '../client/errors.ts'
import { cutText } from './cut.ts'
import { beginningOf, fileText, filesField, tarOf } from './files.ts'
import { only, tool } from './tool.ts'

const FOLDER = '/work'
const MOST_FILE_BYTES = 64 * 1024

export const runTool = tool({
  name: 'run',
  title: 'Run a command in a fresh container',
  description:
    'Run a command with files in a container of its own, and get its exit code, its output and the files you name. ' +
    'The working folder is /work. There is no network unless you ask for it. The container is removed afterwards.',
  input: only({
    image: Type.String({ description: 'Such as python:3.13-alpine. Pulled when it is missing.' }),
    command: Type.Array(Type.String(), { minItems: 1 }),
    files: Type.Optional(filesField),
    outputs: Type.Optional(Type.Array(Type.String(), { maxItems: 20, description: 'Paths of files to get back.' })),
    env: Type.Optional(Type.Record(Type.String(), Type.String())),
    network: Type.Optional(Type.Boolean({ default: false })),
    memory: Type.Optional(Type.String({ description: 'Limit, such as 512m.' })),
    timeout_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 300, default: 60 }))
  }),
  effect: 'adds',
  async run(
    berth,
    { image, command, files, outputs = [], env, network = false, memory, timeout_seconds: seconds = 60 },
    signal
  ) {
    await using box = await berth.container(
      {
        image,
        command,
        working_dir: FOLDER,
        start: false,
        ports: [],
        // It expires even if this server is killed meanwhile.
        ttl_seconds: seconds + 120,
        ...(!network && { network: 'none' }),
        ...(env && { env }),
        ...(memory !== undefined && { memory })
      },
      { signal }
    )
    const { full_id: id } = box
    if (files) {
      const bytes = await tarOf(files, `${FOLDER.slice(1)}/`)
      await berth.request('writeContainerFile', { id, path: '/', unpack: true }, { signal, bytes })
    }
    await berth.startContainer({ id }, { signal })
    const ended = await waitForEnd(berth, id, seconds, signal)
    const { lines } = await berth.getContainerLogs({ id, tail: 'all', format: 'json' }, { signal })
    const of = (stream: string) =>
      cutText(
        lines
          .filter((line) => line.stream === stream)
          .map(({ line }) => line)
          .join('\n')
      )
    const found = await Promise.all(
      outputs.map(async (path): Promise<[string, string]> => [path, await read(berth, id, path, signal)])
    )
    return {
      ...ended,
      stdout: of('stdout'),
      stderr: of('stderr'),
      ...(found.length > 0 && { files: Object.fromEntries(found) })
    }
  }
})

async function waitForEnd(berth: Berth, id: string, seconds: number, signal: AbortSignal): Promise<object> {
  try {
    const { container } = await berth.waitForContainer({ id, for: 'exited', timeout_seconds: seconds }, { signal })
    return { exit_code: container?.exit_code ?? null, out_of_memory: container?.oom_killed === true }
  } catch (error) {
    if (!isBerthError(error, 'WAIT_TIMEOUT')) throw error
    return { exit_code: null, timed_out: `It did not end within ${seconds} seconds and was stopped.` }
  }
}

async function read(berth: Berth, id: string, path: string, signal: AbortSignal): Promise<string> {
  const absolute = path.startsWith('/') ? path : `${FOLDER}/${path}`
  try {
    const { content, size } = await beginningOf(berth, id, absolute, MOST_FILE_BYTES, signal)
    if (size <= MOST_FILE_BYTES) return fileText(content)
    return `[${size} bytes: too much to show. Make it smaller, or read a part of it with a command.]`
  } catch (error) {
    if (!isBerthError(error, 'FILE_NOT_FOUND')) throw error
    return '[there is no such file]'
  }
}
