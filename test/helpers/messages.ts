// Messages for a protobuf description: mostly those that its REST schema accepts, and arbitrary ones.

import {
  create,
  fromJson,
  ScalarType,
  toBinary,
  type DescField,
  type DescMessage,
  type JsonValue
} from '@bufbuild/protobuf'
import fc from 'fast-check'
import { arbitraryFor, type JsonSchema } from './arbitrary.ts'
import { CHOSEN, withTimes } from './fuzzing.ts'

const ANY_CHOSEN: Record<string, fc.Arbitrary<unknown>> = {
  ...CHOSEN,
  id: CHOSEN.name ?? fc.string(),
  reference: CHOSEN.image ?? fc.string(),
  source: fc.constantFrom('data', 'logs'),
  image_name: fc.constantFrom('team/web', 'web'),
  dockerfile_text: fc.constantFrom('FROM scratch\n', 'FROM base-api-server\nRUN true\n', 'nonsense', ''),
  // Nothing listens there. Another host would get real requests.
  registry: fc.constant('127.0.0.1:1'),
  registry_password: fc.constant(''),
  run: fc.constantFrom({}, { name: 'web' }, { wait: 'never' })
}
/** A build may have a text or a context, not both. */
const EITHER = ['dockerfile_text', 'context']
const SHORT_SECONDS = 0.1

/** In the binary format, and as JSON. */
export type Encoded = { binary: Uint8Array; json: string }

export function messageFor(description: DescMessage, request: JsonSchema): fc.Arbitrary<Encoded> {
  return fc.oneof(
    { weight: 3, arbitrary: goodFor(description, request) },
    { weight: 1, arbitrary: anyFor(description) }
  )
}

function goodFor(description: DescMessage, request: JsonSchema): fc.Arbitrary<Encoded> {
  const body = arbitraryFor(request, { resolve: () => ({}), chosen: ANY_CHOSEN })
  return fc.tuple(body, fc.constantFrom(...EITHER)).map(([value, left]) => {
    const json = JSON.stringify(inTime(value, request, left)) ?? 'null'
    try {
      const message = fromJson(description, JSON.parse(json) as JsonValue, { ignoreUnknownFields: true })
      return { json, binary: toBinary(description, message) }
    } catch {
      // Values that JSON can express but the message cannot, such as text for a number.
      return { json, binary: new Uint8Array() }
    }
  })
}

function inTime(value: unknown, { properties = {} }: JsonSchema, left: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const body = Object.fromEntries(
    Object.entries(withTimes(value) as object).filter(([name]) => !EITHER.includes(name) || name === left)
  )
  return 'timeout_seconds' in properties ? { ...body, timeout_seconds: SHORT_SECONDS } : body
}

function anyFor(description: DescMessage): fc.Arbitrary<Encoded> {
  return initFor(description, 3).map((init) => {
    const message = create(description, init)
    return { binary: toBinary(description, message), json: JSON.stringify(init, writable) }
  })
}

const writable = (_: string, value: unknown) =>
  typeof value === 'bigint'
    ? String(value)
    : value instanceof Uint8Array
      ? Buffer.from(value).toString('base64')
      : value

function initFor(description: DescMessage, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const plain = description.fields.filter(({ oneof }) => oneof === undefined)
  const fields = fc.record(Object.fromEntries(plain.map((field) => [field.localName, valueFor(field, depth)])), {
    requiredKeys: plain.filter(({ localName }) => /imeoutSeconds$/.test(localName)).map(({ localName }) => localName)
  })
  const choices = fc.record(
    Object.fromEntries(
      description.oneofs.map(({ localName, fields: some }) => [
        localName,
        fc.oneof(...some.map((field) => valueFor(field, depth).map((value) => ({ case: field.localName, value }))))
      ])
    ),
    { requiredKeys: [] }
  )
  return fc.tuple(fields, choices).map(([own, chosen]) => ({ ...own, ...chosen }))
}

function valueFor(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const chosen = ANY_CHOSEN[field.name]
  switch (field.fieldKind) {
    case 'message':
      return depth === 0 ? fc.constant({}) : initFor(field.message, depth - 1)
    case 'enum':
      return fc.integer({ min: -1, max: 20 })
    case 'list':
      return fc.array(
        field.listKind === 'message' ? initFor(field.message, Math.max(0, depth - 1)) : scalarFor(field.scalar),
        { maxLength: 3 }
      )
    case 'map':
      return fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 10 }), scalarFor(field.scalar), { maxKeys: 3 })
    default:
      if (/imeout_seconds$/.test(field.name)) return fc.constant(SHORT_SECONDS)
      if (chosen && field.scalar === ScalarType.STRING)
        return fc.oneof(
          chosen.filter((value) => typeof value === 'string'),
          fc.string({ unit: 'grapheme' })
        )
      if (field.name === 'follow' || field.name === 'push') return fc.constant(false)
      return scalarFor(field.scalar)
  }
}

function scalarFor(scalar: ScalarType | undefined): fc.Arbitrary<unknown> {
  switch (scalar) {
    case ScalarType.STRING:
      return fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('x'.repeat(5_000), '\0', '../..', '__proto__'))
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 200 })
    case ScalarType.BOOL:
      return fc.boolean()
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return fc.double()
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.integer({ min: 0, max: 2 ** 32 - 1 })
    default:
      return fc.integer()
  }
}
