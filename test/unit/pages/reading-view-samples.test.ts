import t from 'tap'
import { renderReadingView } from '../../../src/pages/reading-view/page.ts'
import { documentWith, pageOf, read, sending } from '../../helpers/reading-view.ts'

t.test('the curl line', async (t) => {
  await t.test('has the required parts and nothing else', async (t) => {
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

  await t.test('text is shown unchanged', async (t) => {
    const page = pageOf({ responses: { 200: { content: { 'text/event-stream': { example: 'data: 1\n\n' } } } } })
    t.match(page, '<code>data: 1</code>')
  })

  await t.test('a given example takes precedence over a made-up one', async (t) => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    const shown = (media: object) =>
      read(pageOf({ responses: { 200: { content: { 'application/json': { schema, ...media } } } } }))
    t.match(shown({}), '{ "a": "string" }')
    t.match(shown({ example: { a: 'one' } }), '{ "a": "one" }')
    t.match(shown({ examples: { first: { value: { a: 'two' } } } }), '{ "a": "two" }')
  })
})
