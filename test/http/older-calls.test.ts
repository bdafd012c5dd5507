// The examples in the documents of the older systems, request and answer, in their order: test/fixtures/older-calls.json.
// A text between slashes is a pattern, and a number matches any number.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import t from 'tap'
import type { Test } from 'tap'
import { splitCommand } from '../../src/lib/command-line.ts'
import { buildRpc } from '../helpers/grpc.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

type Call = {
  call: string
  request?: object
  status?: number
  answer?: unknown
  /** The placeholder for a field of the answer in later calls. */
  keep?: Record<string, string>
  eventually?: boolean
}

const file = join(import.meta.dirname, '../fixtures/older-calls.json')
const systems = JSON.parse(readFileSync(file, 'utf8')) as { system: string; calls: Call[] }[]
const EXAMPLES = join(import.meta.dirname, '../../docs/examples')
const run = promisify(execFile)

type Answer = { status: number; body: unknown }

for (const { system, calls } of systems)
  t.test(system, async (t) => {
    const server = await serve(t)
    const kept: [string, string][] = []
    for (const { call, request, status = 200, answer = {}, keep = {}, eventually = false } of calls) {
      const inserted = (text: string) => kept.reduce((all, [name, value]) => all.replaceAll(name, value), text)
      const wanted: unknown = JSON.parse(inserted(JSON.stringify(answer)))
      const ask = () => (request ? server.rpc(call, request) : server.curl(inserted(call)))
      let got = await ask()
      if (eventually) await until(async () => fits((got = await ask()).body, wanted))
      t.equal(got.status, status, call)
      t.ok(fits(got.body, wanted), `${call} answers with ${inspect(got.body)}`)
      for (const [name, path] of Object.entries(keep)) kept.push([name, String(at(got.body, path))])
    }
  })

/** Namespace and port replace those of the documents. */
async function serve(t: Test) {
  const engine = createMemoryEngine()
  const { app, docker } = await buildRpc(t, { engine, env: { DOCKERHUB_NAMESPACE: 'team' } })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const host = `127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return {
    async curl(line: string): Promise<Answer> {
      const [, ...words] = splitCommand(line.replaceAll(/(localhost|127\.0\.0\.1):[89]000/g, host)) ?? []
      const { stdout } = await run('curl', ['-s', '-w', '\n%{http_code}', ...words], { cwd: EXAMPLES })
      const end = stdout.lastIndexOf('\n')
      return { status: Number(stdout.slice(end + 1)), body: JSON.parse(stdout.slice(0, end)) }
    },
    /** A refusal counts as 400. */
    async rpc(method: string, request: object): Promise<Answer> {
      const call = docker[method as 'cleanDockerSystem']
      return call(request).then(
        (body) => ({ status: 200, body }),
        (error: unknown) => ({ status: 400, body: { message: String(error) } })
      )
    }
  }
}

function fits(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'number') return typeof actual === 'number'
  const [, source] = typeof wanted === 'string' ? (/^\/(.*)\/$/.exec(wanted) ?? []) : []
  if (source !== undefined) return typeof actual === 'string' && new RegExp(source).test(actual)
  if (typeof wanted !== 'object' || wanted === null) return actual === wanted
  if (typeof actual !== 'object' || actual === null) return false
  if (Array.isArray(wanted) && (!Array.isArray(actual) || actual.length !== wanted.length)) return false
  return Object.entries(wanted).every(([name, value]) => fits(actual[name as keyof typeof actual], value))
}

function at(body: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], body)
}
