import t from 'tap'
import type { Schema } from '../../../src/pages/reading-view/document.ts'
import { answering, read, sending } from '../../helpers/reading-view.ts'

t.test('schemas', async (t) => {
  await t.test('references are resolved together with adjacent properties', async (t) => {
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

  await t.test('a reference to itself is named and not followed forever', async (t) => {
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

  await t.test('requests mark required fields, responses optional ones', async (t) => {
    const schema = { required: ['a'], properties: { a: { type: 'string' }, b: { type: 'string', deprecated: true } } }
    t.match(read(sending(schema)), 'a required string b deprecated string')
    t.match(read(answering(schema)), 'a string b optional deprecated string')
  })
})

function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

const next = (name: string) => `S${(Number(name.slice(1)) + 1) % 12}`
