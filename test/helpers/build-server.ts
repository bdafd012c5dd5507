// The server for tests of builds, on an engine without Docker.

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { BuildProgress, BuildSpec } from '../../src/engine/contract/builder.ts'
import { build } from './build.ts'
import { makeFolder } from './folder.ts'
import { buildForm, FORM_TYPE } from './form.ts'
import { createMemoryEngine } from './memory-engine.ts'
import { until } from './until.ts'

export const DOCKERFILE = 'FROM scratch\n'
export const SENT = { 'content-type': FORM_TYPE }

type Held = { spec: BuildSpec; signal: AbortSignal; say(line: string): void; end(error?: unknown): void }

/** Builds run until the test ends them. */
export function heldEngine() {
  const engine = createMemoryEngine()
  const held: Held[] = []
  const finish = engine.buildImage
  engine.buildImage = async function* (spec, context, signal): AsyncGenerator<BuildProgress> {
    const queue: (BuildProgress | { error: unknown } | 'end')[] = []
    let wake = () => {}
    const push = (item: (typeof queue)[number]) => {
      queue.push(item)
      wake()
    }
    const aborted = () => push({ error: signal.reason })
    if (signal.aborted) aborted()
    else signal.addEventListener('abort', aborted)
    held.push({ spec, signal, say: (line) => push({ line }), end: (error) => push(error ? { error } : 'end') })
    for (;;) {
      const item = queue.shift()
      if (item === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else if (item === 'end') return yield* finish(spec, context, signal)
      else if ('error' in item) throw item.error
      else yield item
    }
  }
  return { engine, held, next: async (index: number) => (await until(() => held.length > index), held[index] as Held) }
}

/** The server with its own data folder, and functions that send it builds. */
export async function serveBuilds(t: Test, options: Parameters<typeof build>[1] = {}) {
  const dataDir = makeFolder('data')
  const server = await build(t, { ...options, env: { BERTH_DATA_DIR: dataDir, ...options.env } })
  t.teardown(() => rmSync(dataDir, { recursive: true }))
  const send = (payload: Buffer, headers: Record<string, string> = SENT) =>
    server.ask('POST', '/builds', { payload, headers })
  return {
    ...server,
    send,
    /** The folders of builds and uploads. */
    folders: () => readdirSync(join(dataDir, 'builds')),
    /** Every file of them. */
    files: () =>
      readdirSync(join(dataDir, 'builds'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name)),
    submit: async (fields: Record<string, string | string[]> = {}, file: string | Buffer = DOCKERFILE) => {
      const answer = await send(buildForm(file, { image_name: 'web', ...fields }))
      if (answer.statusCode !== 202) throw new Error(answer.body)
      return answer.json()
    },
    ended: async (id: string) => {
      let build: ReturnType<typeof JSON.parse>
      await until(async () => {
        build = (await server.get(`/builds/${id}`)).json()
        return build.finished_at !== null
      })
      return build
    }
  }
}
