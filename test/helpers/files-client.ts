// A client of files in containers, over real HTTP. A path has one character for each of its bytes (latin1).

export type Answer = {
  status: number
  headers: Headers
  bytes: Buffer
  json: Record<string, unknown> & { code?: string; detail?: string }
}

/** `base` is the address of the server, `container` its name or id. */
export function filesClient(base: string, container: string) {
  const urlOf = (path: string, more = '', what = 'files') =>
    `${base}/containers/${container}/${what}?path=${encodePath(path)}${more}`

  async function call(method: string, url: string, body?: Buffer | string): Promise<Answer> {
    const answer = await fetch(url, { method, ...(body !== undefined && { body }) })
    const bytes = Buffer.from(await answer.arrayBuffer())
    const isJson = /json/.test(answer.headers.get('content-type') ?? '')
    return { status: answer.status, headers: answer.headers, bytes, json: isJson ? JSON.parse(bytes.toString()) : {} }
  }

  const read = (path: string, more = '') => call('GET', urlOf(path, more))

  return {
    urlOf,
    read,
    archive: (path: string, format: string) => call('GET', urlOf(path, `&format=${format}`, 'files/archive')),
    write: (path: string, body: Buffer | string, more = '') => call('PUT', urlOf(path, more), body),
    unpack: (path: string, archive: Buffer) => call('PUT', urlOf(path, '&unpack=true'), archive),
    remove: (path: string) => call('DELETE', urlOf(path, '&recursive=true')),

    async makeFolder(path: string, more: object = {}): Promise<Answer> {
      const answer = await fetch(`${base}/containers/${container}/files/folder`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ path, ...more })
      })
      const json = (await answer.json()) as Answer['json']
      return { status: answer.status, headers: answer.headers, bytes: Buffer.alloc(0), json }
    },

    async namesIn(path: string): Promise<string[]> {
      const { json } = succeeded(await read(path))
      return (json.entries as { name: string }[]).map(({ name }) => name)
    },

    textOf: async (path: string): Promise<string> => succeeded(await read(path)).bytes.toString()
  }
}

export function succeeded(answer: Answer): Answer {
  if (answer.status < 300) return answer
  throw new Error(`${answer.status} ${JSON.stringify(answer.json)}`)
}

const encodePath = (path: string): string =>
  path.replaceAll(/[^\w/.-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
