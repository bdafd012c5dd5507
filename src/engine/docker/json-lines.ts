// Streams of the engine with one JSON value per line: events, and the progress of pulls, pushes and builds.

import { StringDecoder } from 'node:string_decoder'
import { UnreadableAnswer } from './failures.ts'
import { parseJson } from './schemas/schema.ts'

// BuildKit's messages have up to 16 MiB, and a third more as text.
const MAX_LINE_LENGTH = 32 * 1024 ** 2

/** Each line, parsed by `read`. Empty lines are skipped. A line that is not JSON or does not match ends the stream. */
export async function* readJsonLines<T>(
  chunks: AsyncIterable<Uint8Array>,
  read: (json: unknown) => T
): AsyncGenerator<T> {
  for await (const line of readLines(chunks)) if (line.trim() !== '') yield read(parseJson(line))
}

/** Characters and lines may be split anywhere. The last line needs no newline. */
async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of chunks) {
    const text = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      yield rest + text.slice(start, end)
      rest = ''
      start = end + 1
    }
    rest += text.slice(start)
    if (rest.length > MAX_LINE_LENGTH) throw new UnreadableAnswer(`a line is longer than ${MAX_LINE_LENGTH} characters`)
  }
  rest += decoder.end()
  if (rest !== '') yield rest
}
