// A form with a file, streamed: a folder that is packed on the way needs no disk space.

type Content = Blob | AsyncIterable<Uint8Array>

export function multipart(form: Record<string, unknown>) {
  const boundary = `berth-${crypto.randomUUID()}`
  const { file, ...fields } = form as { file?: Content } & Record<string, unknown>
  const encoder = new TextEncoder()
  const part = (head: string, content: string) => encoder.encode(`--${boundary}\r\n${head}\r\n\r\n${content}`)
  const named = (name: string) => `content-disposition: form-data; name="${name}"`

  // The server needs these fields before the file.
  async function* content(): AsyncGenerator<Uint8Array> {
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue
      for (const each of [value].flat()) yield part(named(name), `${textOf(each)}\r\n`)
    }
    if (file !== undefined) {
      yield part(`${named('file')}; filename="file"\r\ncontent-type: application/octet-stream`, '')
      yield* file instanceof Blob ? (file.stream() as unknown as AsyncIterable<Uint8Array>) : file
      yield encoder.encode('\r\n')
    }
    yield encoder.encode(`--${boundary}--\r\n`)
  }
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    content,
    isReplayable: file === undefined || isWhole(file)
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Whether it can be sent a second time. */
export function isWhole(bytes: unknown): bytes is Blob | Uint8Array | string {
  return typeof bytes === 'string' || bytes instanceof Uint8Array || bytes instanceof Blob
}
