import { PassThrough } from 'node:stream'
import t from 'tap'
import { buildApp } from '../../../images/base-api-server/src/app.ts'
import type { OpenApiDocument } from '../../../src/pages/reading-view/document.ts'
import { renderReadingView } from '../../../src/pages/reading-view/page.ts'
import { readingViewStyle } from '../../../src/pages/reading-view/style.ts'
import { documentWith, pageOf, read } from '../../helpers/reading-view.ts'

const EVIL = `<script>alert("x")</script>'&`
const withoutScript = (page: string) => page.replace('<script src="/redoc/page.js" defer></script>', '')

t.test('the page', async (t) => {
  const page = pageOf({ summary: 'Get it' })
  t.match(page, /^<!doctype html>/)
  t.notMatch(withoutScript(page), /<script|<style|\son\w+=|\sstyle=/, 'has no other script and no inline style')
  t.same(
    [...page.matchAll(/(?:src|href)="(?!#)([^"]*)"/g)].map((match) => match[1]),
    ['data:,', '/redoc/style.css', '/redoc/page.js', '/docs', '/openapi.json', '/docs#/Other/getThing'],
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

  await t.test('parameters of a path apply to all its methods, which may override them', async (t) => {
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

  await t.test('name the credentials they need', async (t) => {
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
  t.notMatch(withoutScript(page), /<script/i)
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
