// Builds as a client sends them.

import type { Build, BuildDetails } from '../../src/builds/schemas.ts'
import { docker, eventually } from './engine.ts'
import type { Answer, Server } from './server.ts'

type Fields = Record<string, string | string[]>

export async function sendBuild(
  { url }: Pick<Server, 'url'>,
  file: string | Uint8Array<ArrayBuffer>,
  fields: Fields
): Promise<Pick<Answer<BuildDetails>, 'status' | 'body'>> {
  const form = new FormData()
  for (const [name, values] of Object.entries(fields)) for (const value of [values].flat()) form.append(name, value)
  form.append('file', new Blob([file]), 'Dockerfile')
  const answer = await fetch(`${url}/builds`, { method: 'POST', body: form })
  return { status: answer.status, body: (await answer.json()) as Answer<BuildDetails>['body'] }
}

/** The build when it has come to its end. */
export function endOf(server: Server, id: string, limitMs = 60_000): Promise<BuildDetails> {
  return eventually(async () => {
    const { body } = await server.get<BuildDetails>(`/builds/${id}`)
    if (!isOver(body)) throw new Error(`build ${id} is still ${body.status}: ${JSON.stringify(body.steps)}`)
    return body
  }, limitMs)
}

function isOver({ status }: Pick<Build, 'status'>): boolean {
  return ['completed', 'failed', 'cancelled'].includes(status)
}

export async function imageExists(reference: string): Promise<boolean> {
  const found = await docker.listImages({ filters: JSON.stringify({ reference: [reference] }) })
  return found.length > 0
}
