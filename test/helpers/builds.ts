// Builds as clients send them.

import { readdirSync, readFileSync } from 'node:fs'
import type { Test } from 'tap'
import type { BuildDetails } from '../../src/builds/schemas.ts'
import { docker, eventually, ignoreMissing } from './engine.ts'
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

/** The build once it has ended. */
export function endOf(server: Server, id: string, limitMs = 120_000): Promise<BuildDetails> {
  return eventually(async () => {
    const { body } = await server.get<BuildDetails>(`/builds/${id}`)
    // Its state is known a moment before its log is closed.
    if (body.finished_at === null) throw new Error(`build ${id} is still ${body.status}: ${JSON.stringify(body.steps)}`)
    return body
  }, limitMs)
}

export async function imageExists(reference: string): Promise<boolean> {
  const found = await docker.listImages({ filters: JSON.stringify({ reference: [reference] }) })
  return found.length > 0
}

/** Names for images of a test file; they are removed with it. */
export function imageNames(t: Pick<Test, 'teardown'>): (name: string) => string {
  const names = new Set<string>()
  t.teardown(async () => {
    for (const name of names) {
      const found = await docker.listImages({ filters: JSON.stringify({ reference: [name] }) })
      for (const tag of found.flatMap(({ RepoTags }) => RepoTags ?? []))
        await ignoreMissing(docker.getImage(tag).remove({ force: true }))
    }
  })
  return (name) => {
    const own = `berth-test/${name}-${process.pid}`
    names.add(own)
    return own
  }
}

/** The number of processes of this machine with a word in their command line, including those of builds. */
export function processesWith(word: string): number {
  const isIt = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word)
    } catch {
      return false
    }
  }
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && isIt(pid)).length
}

/** Resident memory of a process, in MB. */
export function memoryOf(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
