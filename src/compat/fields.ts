// Fields of the older systems' forms. Pure.

import { invalidField } from '../errors.ts'

export function textField(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw invalidField(name, 'may be given once')
  return value
}

export function requiredField(fields: Record<string, unknown>, name: string): string {
  const value = textField(fields, name)
  if (value === undefined) throw invalidField(name, 'is missing')
  return value
}
