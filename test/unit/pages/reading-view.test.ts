import { PassThrough } from 'node:stream'
import t from 'tap'

import { buildApp } from '../../../images/base-api-server/src/app.ts'
import type { OpenApiDocument, Operation, Schema } from '../../../src/pages/reading-view/document.ts'
import { renderReadingView } from '../../../src/pages/reading-view/page.ts'
import { readingViewStyle } from '../../../src/pages/reading-view/style.ts'

const EVIL = `<script>alert("x")</script>'&`

const documentWith = (paths: OpenApiDocument['paths'], rest: object = {}): OpenApiDocument => ({
  info: { title: 'Test', version: '1.0.0' },
  paths: paths ?? {},
  ...rest
})

const pageOf = (operation: Operation, rest?: object) =>
  renderReadingView(documentWith({ '/things/{id}': { get: { operationId: 'getThing', ...operation } } }, rest))

const answering = (schema: Schema, rest?: object) =>
  pageOf({ responses: { 200: { description: 'Yes', content: { 'application/json': { schema } } } } }, rest)

const sending = (schema: Schema, type = 'application/json') =>
  renderReadingView(documentWith({ '/things': { post: { requestBody: { content: { [type]: { schema } } } } } }))

// What a person reads: tags gone, entities back, white space as one space.
const read = (page: string) =>
  page
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll(/\s+/g, ' ')

t.test('the page', async (t) => {
  const page = pageOf({ summary: 'Get it' })
  t.match(page, /^<!doctype html>/)
  t.notMatch(page, /<script|<style|\son\w+=|\sstyle=/, 'has no script and no inline style')
  t.same(
    [...page.matchAll(/(?:src|href)="(?!#)([^"]*)"/g)].map((match) => match[1]),
    ['data:,', '/redoc/style.css', '/docs', '/openapi.json', '/docs#/Other/getThing'],
    'asks nobody else'
  )
  t.notMatch(readingViewStyle, /@import|url\((?!"data:)/)
})

t.test('operations', async (t) => {
  await t.test('every one is linked from the menu, under its tag, in the order of the tags', async (t) => {
    const page = renderReadingView(
      documentWith(
        {
          '/a': { get: { operationId: 'a1', tags: ['late'] }, delete: { operationId: 'a2', tags: ['early', 'late'] } },
          '/b': { post: { summary: 'Nameless' } }
        },
        { tags: [{ name: 'early' }, { name: 'late' }, { name: 'empty' }] }
      )
    )
    const linked = [...page.matchAll(/href="#(operation\/[^"]+)" title/g)].map((match) => match[1])
    t.same(linked, ['operation/a2', 'operation/a1', 'operation/post-b'])
    t.same(
      [...page.matchAll(/<article class="operation" id="([^"]+)"/g)].map((match) => match[1]),
      linked
    )
    t.notMatch(page, 'empty')
  })

  await t.test('of a real document are all there', async (t) => {
    const app = await buildApp({
      hostPort: null,
      logger: false,
      output: { stdout: new PassThrough(), stderr: new PassThrough() },
      exit: () => {}
    })
    t.teardown(() => app.close())
    await app.ready()
    const page = renderReadingView(app.swagger() as OpenApiDocument)
    for (const operation of ['getRoot', 'startCpuLoad', 'startMemoryLoad', 'getData', 'exit']) {
      t.match(page, `href="#operation/${operation}"`)
      t.match(page, `id="operation/${operation}"`)
    }
    t.match(read(page), '{"megabytes":128,"seconds":30}', 'with the examples it gives')
  })

  await t.test('a deprecated one is struck through in the menu and in its title', async (t) => {
    t.equal(pageOf({ summary: 'Old thing', deprecated: true }).split('<s>Old thing</s>').length, 3)
    t.notMatch(pageOf({ summary: 'New thing' }), /<s>|deprecated/)
  })

  await t.test('parameters of the path hold for all its methods, and are overruled by their own', async (t) => {
    const document = documentWith(
      {
        '/things/{id}': {
          parameters: [{ $ref: '#/components/parameters/Id' }, { name: 'page', in: 'query', description: 'Shared' }],
          get: { parameters: [{ name: 'page', in: 'query', description: 'Own' }] }
        }
      },
      { components: { parameters: { Id: { name: 'id', in: 'path', required: true, description: 'By reference' } } } }
    )
    const text = read(renderReadingView(document))
    t.match(text, /Path parameters id required .*By reference/)
    t.match(text, /Query parameters page .*Own/)
    t.notMatch(text, 'Shared')
  })

  await t.test('say what credentials they need', async (t) => {
    const rest = {
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'From BERTH_TOKEN' } } },
      security: [{ bearer: ['read'] }]
    }
    t.match(read(pageOf({}, rest)), /Authentication bearer HTTP bearer From BERTH_TOKEN .*Needs bearer · read/)
    t.match(read(pageOf({ security: [{}, { bearer: [] }] }, rest)), 'Accepts bearer')
    t.match(read(pageOf({ security: [] }, rest)), 'Needs no credentials')
    t.notMatch(read(pageOf({})), /credentials|Authentication/)
  })
})

t.test('escaping', async (t) => {
  const page = renderReadingView(
    documentWith(
      {
        [`/${EVIL}/{${EVIL}}`]: {
          get: {
            operationId: EVIL,
            summary: EVIL,
            description: `${EVIL}\n\n- ${EVIL}\n\n\`${EVIL}\` **${EVIL}** [${EVIL}](https://x/${EVIL})`,
            tags: [EVIL],
            parameters: [
              { name: EVIL, in: 'path', required: true, description: EVIL, schema: { type: EVIL, pattern: EVIL } }
            ],
            requestBody: {
              description: EVIL,
              content: {
                [`${EVIL}json`]: { schema: { properties: { [EVIL]: { enum: [EVIL], default: EVIL, format: EVIL } } } }
              }
            },
            responses: { [EVIL]: { description: EVIL, content: { 'application/json': { example: { [EVIL]: EVIL } } } } }
          }
        }
      },
      {
        info: { title: EVIL, version: EVIL, description: EVIL },
        servers: [{ url: `https://${EVIL}` }],
        tags: [{ name: EVIL, description: EVIL }],
        components: { securitySchemes: { [EVIL]: { type: EVIL, description: EVIL } } }
      }
    )
  )
  t.notMatch(page, /<script/i)
  t.notMatch(page, /&(?!#\d+;)/, 'no bare ampersand')
  t.equal(page.match(/"[^"<>]*'[^"<>]*"/), null, 'no bare quote in an attribute')
})

t.test('markdown', async (t) => {
  const rendered = (description: string) => pageOf({ description })
  t.match(rendered('One\ntwo.\n\nThree.'), /<p>One two\.<\/p>\s*<p>Three\.<\/p>/)
  t.match(rendered('Read:\n- a\n  b\n- c'), /<p>Read:<\/p><ul>\s*<li>a b<\/li><li>c<\/li>\s*<\/ul>/)
  t.match(rendered('1. a\n2. b'), /<ol>\s*<li>a<\/li><li>b<\/li>\s*<\/ol>/)
  t.match(rendered('`a<b` **c `d`**'), '<code>a&#60;b</code> <strong>c <code>d</code></strong>')
  t.match(rendered('```sh\na && b\n```\nend'), /<pre class="plain">a &#38;&#38; b\n<\/pre>\s*<p>end/)
  t.match(rendered('[x](https://a.example/b)'), '<a href="https://a.example/b" rel="noreferrer">x</a>')
  t.match(rendered('[x](/docs#a)'), '<a href="/docs#a"')
  for (const target of ['javascript:alert(1)', 'JavaScript:x', 'data:text/html,x', '//evil.example', 'vbscript:x']) {
    t.notMatch(rendered(`[x](${target})`), '>x</a>', target)
  }
})

t.test('schemas', async (t) => {
  await t.test('references are followed, with what stands beside them', async (t) => {
    const page = answering(
      { $ref: '#/components/schemas/Box' },
      {
        components: {
          schemas: {
            Box: { properties: { 'a/b': { $ref: '#/components/schemas/Box~1Lid', description: 'Its own words' } } },
            'Box/Lid': { type: 'integer', description: 'Common words', minimum: 3 }
          }
        }
      }
    )
    t.match(read(page), 'a/b optional integer at least 3 Its own words')
    t.match(read(page), '"a/b": 3')
  })

  await t.test('a reference to itself is named and not followed for ever', async (t) => {
    const schemas = {
      Node: { type: 'object', properties: { name: { type: 'string' }, kids: { type: 'array', items: ref('Node') } } },
      Loop: { $ref: '#/components/schemas/Loop' },
      Mixed: { allOf: [ref('Mixed'), { properties: { a: { type: 'string' } } }] }
    }
    t.match(read(answering(ref('Node'), { components: { schemas } })), 'array of Node as above')
    t.match(read(answering(ref('Loop'), { components: { schemas } })), 'Loop as above')
    t.match(read(answering(ref('Mixed'), { components: { schemas } })), 'a optional string')
  })

  await t.test('references to each other end at a depth', async (t) => {
    const names = Array.from({ length: 12 }, (_, index) => `S${index}`)
    const properties = Object.fromEntries(names.map((name) => [name, ref(name)]))
    const schemas = Object.fromEntries(
      names.map((name) => [name, { type: 'object', properties: { next: ref(next(name)) } }])
    )
    schemas.S0 = { type: 'object', properties: { next: ref('S1'), ...properties } }
    t.ok(answering(ref('S0'), { components: { schemas } }).length < 1_000_000)
  })

  await t.test('a reference to nothing is anything', async (t) => {
    t.match(read(answering(ref('Missing'))), 'application/json anything')
    t.match(read(answering({ $ref: 'https://elsewhere.example/schema.json' })), 'application/json anything')
  })

  const words: [Schema, string][] = [
    [{ type: ['string', 'null'], format: 'date-time' }, 'string or null · date-time'],
    [{ type: 'string', nullable: true }, 'string or null'],
    [{ anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] }, 'integer or null · at least 1'],
    [{ type: 'integer', minimum: 1, maximum: 9 }, 'integer · 1 to 9'],
    [{ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 5 }, 'number · more than 0 · less than 5'],
    [{ type: 'string', minLength: 3, maxLength: 3 }, 'string · exactly 3 characters'],
    [{ type: 'string', pattern: '^a$' }, 'string · matches ^a$'],
    [{ type: 'string', format: 'binary' }, 'file'],
    [{ enum: ['a', 'b', 1, null] }, 'string or number or null One of a b 1'],
    [{ const: 'only' }, 'string Always only'],
    [{ anyOf: [{ const: 'a' }, { const: 'b' }] }, 'string One of a b'],
    [
      { type: 'array', items: { type: 'string', maxLength: 5 }, minItems: 1 },
      'array of strings · at least 1 item · each at most 5 characters'
    ],
    [{ type: 'array', items: { enum: ['a'] } }, 'array of strings Always a'],
    [{ type: 'object', additionalProperties: { type: 'integer' } }, 'map of integers'],
    [{ type: 'object', patternProperties: { '^x': { type: 'integer' } } }, 'map of integers'],
    [{ type: 'object', additionalProperties: true }, 'object with any fields'],
    [{ type: 'boolean', default: false }, 'boolean Default false'],
    [
      { oneOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }] },
      'integer or string one of 2 forms integer · at least 1 string'
    ],
    [{ properties: { inner: { type: 'string' } } }, 'object 1 field inner optional string'],
    [
      { allOf: [{ properties: { a: { type: 'string' } } }, { properties: { b: {} } }] },
      'object 2 fields a optional string b optional anything'
    ]
  ]
  // The middle dot comes from the stylesheet.
  const plain = (text: string) => text.replaceAll(' ·', '')
  for (const [schema, expected] of words) {
    await t.test(`${JSON.stringify(schema)} reads ${expected}`, async (t) => {
      t.match(read(answering({ properties: { field: schema } })), plain(`field optional ${expected} `))
    })
  }

  await t.test('what is sent marks the required, what is answered the optional', async (t) => {
    const schema = { required: ['a'], properties: { a: { type: 'string' }, b: { type: 'string', deprecated: true } } }
    t.match(read(sending(schema)), 'a required string b deprecated string')
    t.match(read(answering(schema)), 'a string b optional deprecated string')
  })
})

t.test('the curl line', async (t) => {
  await t.test('has what is required and nothing else', async (t) => {
    const page = renderReadingView(
      documentWith(
        {
          '/things/{id}': {
            patch: {
              parameters: [
                { name: 'id', in: 'path', required: true, example: 'a b' },
                { name: 'force', in: 'query', required: true, schema: { type: 'boolean' } },
                { name: 'other', in: 'query', schema: { type: 'string' } },
                { name: 'If-Match', in: 'header', required: true, schema: { type: 'string', examples: ['v1'] } }
              ],
              requestBody: {
                content: {
                  'application/json': {
                    schema: {
                      required: ['name'],
                      properties: { name: { examples: ["it's"] }, size: { type: 'integer' } }
                    }
                  }
                }
              }
            }
          }
        },
        { components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } }, security: [{ bearer: [] }] }
      ),
      'https://berth.example/'
    )
    t.match(
      read(page),
      `curl -X PATCH 'https://berth.example/things/a%20b?force=true' \\ -H "authorization: Bearer $TOKEN" \\ ` +
        `-H 'If-Match: v1' \\ -H 'content-type: application/json' \\ -d '{"name":"it'\\''s"}'`
    )
  })

  await t.test('sends files as a form', async (t) => {
    const schema = {
      type: 'object',
      required: ['name'],
      properties: { file: { type: 'string', format: 'binary' }, name: { examples: ['demo'] }, tag: { type: 'string' } }
    }
    t.match(read(sending(schema, 'multipart/form-data')), `/things \\ -F 'file=@FILE' \\ -F 'name=demo'`)
    t.match(read(sending(schema, 'application/x-tar')), '--data-binary @FILE')
  })

  await t.test('follows a stream and saves bytes', async (t) => {
    const answer = (type: string) => pageOf({ responses: { 200: { content: { [type]: {} } } } })
    t.match(answer('text/event-stream'), 'curl -N ')
    t.match(answer('application/octet-stream'), 'curl -O ')
  })

  await t.test('knows the other kinds of credentials', async (t) => {
    const using = (scheme: object) =>
      read(pageOf({}, { components: { securitySchemes: { x: scheme } }, security: [{ x: [] }] }))
    t.match(using({ type: 'http', scheme: 'basic' }), '-u "$USER:$PASSWORD"')
    t.match(using({ type: 'apiKey', in: 'header', name: 'X-Key' }), '-H "X-Key: $TOKEN"')
  })
})

t.test('samples', async (t) => {
  await t.test('answers that look the same are shown once', async (t) => {
    const content = { 'application/problem+json': { schema: { properties: { code: { examples: ['GONE'] } } } } }
    const page = pageOf({ responses: { 404: { content }, 410: { content }, 204: { description: 'Done' } } })
    t.equal(page.match(/class="sample"/g)?.length, 2, 'the request and one answer')
    t.match(read(page), '404 410 application/problem+json { "code": "GONE" }')
  })

  await t.test('text is shown as it is', async (t) => {
    const page = pageOf({ responses: { 200: { content: { 'text/event-stream': { example: 'data: 1\n\n' } } } } })
    t.match(page, '<code>data: 1</code>')
  })

  await t.test('a given example goes before a made up one', async (t) => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    const shown = (media: object) =>
      read(pageOf({ responses: { 200: { content: { 'application/json': { schema, ...media } } } } }))
    t.match(shown({}), '{ "a": "string" }')
    t.match(shown({ example: { a: 'one' } }), '{ "a": "one" }')
    t.match(shown({ examples: { first: { value: { a: 'two' } } } }), '{ "a": "two" }')
  })
})

function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

const next = (name: string) => `S${(Number(name.slice(1)) + 1) % 12}`
