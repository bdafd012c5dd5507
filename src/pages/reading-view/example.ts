import type { Media, Schema } from './document.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import type { Shape, Shaper } from './shape.ts'

export type Examples = {
  ofMedia: (media: Media, all: boolean) => unknown
  ofSchema: (schema: Schema | boolean | undefined, all?: boolean) => unknown
}

/** Values to show: one the document gives, else one made up from the schema; `all` includes optional fields. */
export function createExamples(shape: Shaper): Examples {
  const isGiven = (schema: Schema | boolean, { trail }: Shape) => givenBy(shape(schema, trail).schema) !== undefined

  const ofShape = (it: Shape, all: boolean): unknown => {
    const given = givenBy(it.schema) ?? it.schema.default
    if (given !== undefined) return given
    if (it.values.length > 0) return it.values[0]
    const [variant] = it.variants
    if (variant) return ofShape(variant, all)
    if (it.repeated !== undefined) return {}

    const inside = (schema: Schema | boolean) => ofShape(shape(schema, it.trail), all)
    if (it.types[0] === 'array') return it.items === undefined ? [] : [inside(it.items)]
    if (it.types[0] !== 'object') return scalar(it)

    const shown = it.fields.filter((field) => all || field.required || isGiven(field.schema, it))
    const entries = shown.map((field) => [field.name, inside(field.schema)])
    if (entries.length === 0 && it.entries !== undefined && all) entries.push(['key', inside(it.entries)])
    return Object.fromEntries(entries)
  }

  const ofSchema: Examples['ofSchema'] = (schema, all = true) => ofShape(shape(schema), all)
  const ofMedia: Examples['ofMedia'] = ({ example, examples = {}, schema }, all) =>
    example ?? Object.values(examples)[0]?.value ?? ofSchema(schema, all)
  return { ofMedia, ofSchema }
}

/** JSON text with its parts marked for the stylesheet. */
export function coloured(value: unknown): Html {
  const text = JSON.stringify(value, null, 2) ?? ''
  const parts = text
    .split(/("(?:\\.|[^"\\])*"(?:\s*:)?|-?\d[\d.eE+-]*|true|false|null)/)
    .map((piece, index) => (index % 2 ? html`<span class="${kindOf(piece)}">${piece}</span>` : piece))
  return html`${parts}`
}

function kindOf(token: string): string {
  if (token.endsWith(':')) return 'key'
  if (token.startsWith('"')) return 'string'
  return /\d/.test(token) ? 'number' : 'literal'
}

function givenBy({ example, examples }: Schema): unknown {
  if (example !== undefined) return example
  return Array.isArray(examples) ? examples[0] : undefined
}

const STRINGS: Record<string, string> = {
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  uuid: '123e4567-e89b-12d3-a456-426614174000',
  uri: 'https://example.com',
  email: 'user@example.com',
  ipv4: '192.0.2.1'
}

function scalar({ types: [type], schema, nullable }: Shape): unknown {
  if (type === 'string') return STRINGS[schema.format ?? ''] ?? 'string'
  if (type === 'boolean') return true
  if (type === 'integer' || type === 'number') return number(schema)
  return nullable ? null : {}
}

function number({ minimum, exclusiveMinimum = -1, maximum = Infinity }: Schema): number {
  return Math.min(minimum ?? exclusiveMinimum + 1, maximum)
}
