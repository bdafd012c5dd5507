import { StringDecoder } from 'node:string_decoder'

/** Whole lines of a byte stream; characters and lines may be split anywhere. The last line needs no newline. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of chunks) {
    rest += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    let newline = rest.indexOf('\n')
    let start = 0
    while (newline !== -1) {
      yield rest.slice(start, newline)
      start = newline + 1
      newline = rest.indexOf('\n', start)
    }
    rest = rest.slice(start)
  }
  rest += decoder.end()
  if (rest !== '') yield rest
}
