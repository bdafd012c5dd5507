// Whether a value matches the schema of a field in the OpenAPI document. Pure.

type Field = {
  type?: string
  pattern?: string
  minimum?: number
  maximum?: number
  maxLength?: number
  description?: string
  'x-rule'?: string
  anyOf?: Field[]
}
export type Fields = Record<string, Field>

/** Why a value does not match, or undefined. Tries all alternative forms of a field. */
export function faultOf(field: Field | undefined, value: unknown): string | undefined {
  if (!field || value === undefined) return undefined
  if (field.anyOf) {
    const faults = field.anyOf.map((each) => faultOf(each, value))
    return faults.includes(undefined) ? undefined : faults.find((fault) => fault !== 'has another form')
  }
  if (field.type === 'string') return typeof value === 'string' ? faultOfText(field, value) : 'has another form'
  if (field.type === 'number' || field.type === 'integer') {
    if (typeof value !== 'number') return 'has another form'
    if (Number.isNaN(value)) return 'must be a number'
    if (field.minimum !== undefined && value < field.minimum) return `must be at least ${field.minimum}`
    if (field.maximum !== undefined && value > field.maximum) return `must be at most ${field.maximum}`
  }
  return undefined
}

function faultOfText({ pattern, maxLength, 'x-rule': rule }: Field, value: string): string | undefined {
  if (maxLength !== undefined && value.length > maxLength) return `must be at most ${maxLength} characters long`
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return rule ?? `must match ${pattern}`
  return undefined
}
