// "Try it out", as the document prefills it, for every operation: the server answers as documented.

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { serveBuilds } from '../helpers/build-server.ts'
import { FORM_TYPE, formOf, type Part } from '../helpers/form.ts'

type Media = { example?: unknown; schema?: { properties?: Record<string, { format?: string }> } }
type Operation = {
  operationId: string
  parameters?: { name: string; in: string; required?: boolean; example?: unknown }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, unknown>
  'x-endless'?: boolean
}
type Document = { paths: Record<string, Record<string, Operation>> }

/** Their resource has an id that no document can know. */
const UNKNOWN =
  /^(get|remove|cancel|retry)Build$|^getBuildLogs$|^revokeToken$|^compat(BuildPushStatus|RetryBuild|RemoveDockerfileBuild)$/
/** The engine in memory is none. */
const OF_SWARM = /Nodes?$/
/** Removals and stops come last. */
const LATER = [/^pause/, /^unpause/, /^pushImage/, /^stop/, /^waitFor/, /^removeContainerFile/, /^remove/]
const rank = ({ operationId }: Operation) => LATER.findIndex((each) => each.test(operationId))
/** Repeating them is a conflict, as is a first token that could not create others. */
const ONCE = /^createContainerByVerb$|^createToken$/

t.test('every prefilled request', async (t) => {
  const server = await serveBuilds(t, { env: { BERTH_EXEC: 'true', DOCKERHUB_NAMESPACE: 'localhost:5001/team' } })
  const { app, ask, engine, get } = server
  engine.remote.add('hello-world:latest')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo

  const { paths } = (await get('/openapi.json')).json<Document>()
  const all = Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
    .toSorted((one, other) => rank(one.operation) - rank(other.operation))
  t.ok(all.length > 50)

  for (const { path, method, operation } of all) {
    const { operationId, parameters = [], responses } = operation
    const needed = parameters.filter(({ required }) => required)
    for (const { name, example } of needed) t.not(example, undefined, `${operationId}: ${name} has an example`)
    const filled = needed
      .filter((each) => each.in === 'path')
      .reduce((url, { name, example }) => url.replace(`{${name}}`, encodeURIComponent(String(example))), path)
    const query = new URLSearchParams(
      needed.filter((each) => each.in === 'query').map(({ name, example }): [string, string] => [name, String(example)])
    )
    const url = query.size > 0 ? `${filled}?${query}` : filled
    const status = operation['x-endless']
      ? await statusOfStream(port, url)
      : (await ask(method.toUpperCase(), url, prefilled(operation))).statusCode
    const isFine =
      status < 300 ||
      (status === 426 && operationId === 'openTerminal') ||
      (status === 404 && UNKNOWN.test(operationId)) ||
      (status === 409 && (ONCE.test(operationId) || OF_SWARM.test(operationId)))
    t.ok(isFine, `${method} ${url}: ${status}`)
    t.ok(String(status) in responses, `${method} ${url}: ${status} is in the document`)
  }
})

function prefilled({ operationId, requestBody }: Operation): {
  payload?: Buffer | object
  headers?: Record<string, string>
} {
  const [entry] = Object.entries(requestBody?.content ?? {})
  if (!entry) return {}
  const [type, { example, schema }] = entry
  if (example === undefined) throw new Error(`${operationId}: the body has no example`)
  if (type === 'application/json') return { payload: example as object }
  if (type === 'application/octet-stream')
    return { payload: Buffer.from(String(example)), headers: { 'content-type': type } }
  const parts = Object.entries(example as Record<string, string | string[]>).flatMap(([name, value]): Part[] =>
    schema?.properties?.[name]?.format === 'binary'
      ? [{ name, value: 'FROM scratch\n', filename: 'Dockerfile' }]
      : [value].flat().map((each) => ({ name, value: each }))
  )
  return { payload: formOf(...parts), headers: { 'content-type': FORM_TYPE } }
}

function statusOfStream(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, agent: false }, ({ statusCode = 0 }) => {
      resolve(statusCode)
      request.destroy()
    })
    request.on('error', reject)
  })
}
