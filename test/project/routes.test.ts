import t from 'tap'
import { build } from '../helpers/build.ts'

type Operation = {
  operationId?: string
  tags?: string[]
  summary?: string
  parameters?: { name: string; in: string; description?: string }[]
  security?: object[]
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, { schema?: unknown }> }>
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  tags: { name: string }[]
  info: { version: string }
}

async function operations(t: Parameters<typeof build>[0]) {
  const { get } = await build(t)
  const document = (await get('/openapi.json')).json<Document>()
  return {
    document,
    all: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        path,
        operation
      }))
    )
  }
}

t.test('every route', async (t) => {
  const { document, all } = await operations(t)
  const tags = document.tags.map(({ name }) => name)
  t.ok(all.length > 20)

  t.test('has a unique name', async (t) => {
    const ids = all.map(({ operation }) => operation.operationId)
    for (const { name, operation } of all) t.match(operation.operationId, /^[a-z][a-zA-Z]+$/, name)
    t.strictSame(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      []
    )
  })

  t.test('has a documented tag and a one-line summary', async (t) => {
    for (const { name, operation } of all) {
      t.equal(operation.tags?.length, 1, name)
      t.ok(tags.includes(operation.tags?.[0] ?? ''), `${name}: ${operation.tags?.join(', ')}`)
      t.match(operation.summary, /^[A-Z].{4,80}[^.]$/, name)
    }
    for (const tag of tags)
      t.ok(
        all.some(({ operation }) => operation.tags?.includes(tag)),
        `${tag} is used`
      )
  })

  t.test('documents its answers and failures', async (t) => {
    for (const { name, operation } of all) {
      const codes = Object.keys(operation.responses)
      const good = codes.filter((code) => code.startsWith('2'))
      t.ok(good.length > 0, name)
      for (const code of good) {
        const content = Object.values(operation.responses[code]?.content ?? {})
        t.ok(content.length > 0 && content.every(({ schema }) => schema !== undefined), `${name} ${code}`)
      }
      for (const code of ['400', 'default'])
        t.ok(operation.responses[code]?.$ref?.startsWith('#/components/responses/'), `${name} ${code}`)
      t.notOk(
        codes.some((code) => /XX$/i.test(code)),
        `${name}: some generators do not support ranges`
      )
      const isOpen = operation.security?.length === 0
      for (const code of ['401', '403', '429', '503']) t.equal(codes.includes(code), !isOpen, `${name} ${code}`)
      for (const [code, { description }] of Object.entries(operation.responses))
        t.notMatch(description ?? '', /^Default Response$/, `${name} ${code}`)
    }
  })

  t.test('declares each part of its path', async (t) => {
    for (const { name, path, operation } of all) {
      const declared = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'path')
        .map((parameter) => parameter.name)
      t.strictSame(
        declared,
        [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
        name
      )
    }
  })
})
