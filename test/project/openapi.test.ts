// The OpenAPI document, checked by Redocly's linter: no error, and no warning that is not answered in redocly.yaml.

import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { build } from '../helpers/build.ts'

const ROOT = join(import.meta.dirname, '../..')

type Finding = { ruleId: string; severity: string; message: string; location: { pointer?: string }[] }

t.test('Redocly finds nothing', async (t) => {
  const { get } = await build(t)
  const file = join(t.testdir({}), 'openapi.json')
  writeFileSync(file, JSON.stringify((await get('/openapi.json')).json()))
  const lint = promisify(execFile)(
    process.execPath,
    [
      join(ROOT, 'node_modules/@redocly/cli/bin/cli.js'),
      'lint',
      '--format=json',
      '--config',
      join(ROOT, 'redocly.yaml'),
      file
    ],
    { env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }, maxBuffer: 1e8 }
  )
  const { stdout } = await lint.catch((failed: { stdout: string }) => failed)
  const { problems } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { problems: Finding[] }
  t.strictSame(
    problems.map(
      ({ severity, ruleId, message, location }) => `${severity} ${ruleId} ${location[0]?.pointer}: ${message}`
    ),
    []
  )
})

t.test('the document has the version of the server', async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const { get } = await build(t, { version })
  const { info, openapi } = (await get('/openapi.json')).json()
  t.equal(info.version, version)
  t.match(openapi, /^3\.1\./)
})

t.test('every reference resolves, and every component is used', async (t) => {
  const { get } = await build(t)
  const document = (await get('/openapi.json')).json()
  const used = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1])
  const names = ['schemas', 'responses'].flatMap((kind) =>
    Object.keys(document.components[kind]).map((name) => `#/components/${kind}/${name}`)
  )
  t.strictSame([...new Set(used)].toSorted(), names.toSorted())
})

t.test('the document avoids constructs that client generators mishandle', async (t) => {
  const { get } = await build(t)
  const { paths, components } = (await get('/openapi.json')).json()
  t.notOk(JSON.stringify(paths).includes('"Default Response"'))
  t.notMatch(JSON.stringify(components), /"enum":\[[^\]]*null/)
  const { CreateContainer, Container } = components.schemas
  t.notOk(JSON.stringify(CreateContainer).includes('"default"'), 'a default makes a field of a request required')
  t.match(CreateContainer.properties.wait.description, /Default: `running`\./)
  t.ok(Container.description)
  for (const path of ['/containers', '/containers/create', '/system/prune', '/builds/{id}/retry'])
    t.equal(paths[path].post.requestBody.required, false, path)
  for (const [path, method] of [
    ['/networks', 'post'],
    ['/containers/{id}', 'patch'],
    ['/builds', 'post']
  ] as const)
    t.not(paths[path][method].requestBody.required, false, path)
  t.equal(paths['/containers/create'].post.deprecated, true)
})

t.test('headers are described', async (t) => {
  const { get, make } = await build(t)
  const { paths } = (await get('/openapi.json')).json()
  for (const path of Object.values<Record<string, { responses: Record<string, { headers?: object }> }>>(paths))
    for (const { responses } of Object.values(path))
      for (const [status, { headers = {} }] of Object.entries(responses))
        if (status.startsWith('2')) t.ok('X-Request-Id' in headers)
  t.ok('Location' in paths['/containers'].post.responses['201'].headers)
  t.ok('Location' in paths['/builds'].post.responses['202'].headers)
  t.strictSame(Object.keys(paths['/containers'].get.responses['200'].headers), [
    'X-Request-Id',
    'X-Total-Count',
    'X-Next-Cursor',
    'Link'
  ])
  await make({ name: 'one' })
  await make({ name: 'two' })
  const { headers } = await get('/containers?limit=1')
  for (const name of ['x-request-id', 'x-total-count', 'x-next-cursor', 'link']) t.ok(headers[name], name)
})

t.test('extensions tell programs what a call does', async (t) => {
  const { get } = await build(t)
  const { paths } = (await get('/openapi.json')).json()
  t.match(paths['/containers'].get, { 'x-read-only': true })
  t.match(paths['/containers/{id}'].delete, { 'x-read-only': false, 'x-destructive': true })
  t.match(paths['/retry-build'].get, { 'x-read-only': false })
  t.match(paths['/events'].get, { 'x-read-only': true, 'x-endless': true })
  t.notOk(paths['/containers/{id}/logs'].get['x-endless'])
})

t.test('every request value has a limit', async (t) => {
  const { get } = await build(t)
  const document = (await get('/openapi.json')).json()
  const unlimited = new Set<string>()
  const seen = new Set<string>()
  function look(schema: Schema | undefined, at: string): void {
    if (!schema) return
    const name = schema.$ref?.split('/').at(-1)
    if (name !== undefined) {
      if (!seen.has(name)) look(document.components.schemas[name], name)
      seen.add(name)
      return
    }
    if (!isLimited(schema)) unlimited.add(at)
    for (const choice of schema.anyOf ?? []) look(choice, at)
    look(schema.items, `${at}[]`)
    if (typeof schema.additionalProperties === 'object') look(schema.additionalProperties, `${at}{}`)
    for (const [field, value] of Object.entries(schema.properties ?? {})) look(value, `${at}.${field}`)
  }
  for (const [path, operations] of Object.entries<Record<string, Operation>>(document.paths))
    for (const { parameters = [], requestBody } of Object.values(operations)) {
      for (const { name, schema } of parameters) look(schema, `${path} ${name}`)
      for (const { schema } of Object.values(requestBody?.content ?? {})) look(schema, `${path} body`)
    }
  t.strictSame([...unlimited], [])
})

type Schema = {
  $ref?: string
  type?: string | string[]
  enum?: string[]
  format?: string
  pattern?: string
  contentMediaType?: string
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
} & Record<'maxLength' | 'minimum' | 'exclusiveMinimum' | 'maximum' | 'maxItems' | 'maxProperties', number | undefined>
type Operation = {
  parameters?: { name: string; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

/** Formats with a fixed length, and files, which have their own limits. */
const FIXED = ['uuid', 'date-time', 'binary']
const ENDLESS = /[*+]|\{\d+,\}/

function isLimited(schema: Schema): boolean {
  const { format = '', pattern, additionalProperties: others } = schema
  const types = [schema.type].flat()
  const isForm =
    pattern?.startsWith('^') && pattern.endsWith('$') && !ENDLESS.test(pattern.replaceAll(/\[[^\]]*\]/g, 'x'))
  if (types.includes('string'))
    return schema.maxLength !== undefined || schema.enum !== undefined || FIXED.includes(format) || isForm === true
  if (types.includes('integer') || types.includes('number'))
    return (schema.minimum ?? schema.exclusiveMinimum) !== undefined && schema.maximum !== undefined
  if (types.includes('array')) return schema.maxItems !== undefined
  return typeof others !== 'object' || schema.maxProperties !== undefined
}
