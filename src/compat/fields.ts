// Fields of the older systems' forms. Pure.

import { AppError, invalidField } from '../errors.ts'

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

/** `registry.example.com/team/app` names its registry; `team/app` has none. As docker tells the two apart. */
export function splitRegistry(name: string): { registry?: string; path: string } {
  const [first = '', ...rest] = name.split('/')
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  return hasRegistry ? { registry: first, path: rest.join('/') } : { path: name }
}

const BUILD_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Ids of the older systems are valid ids, but they name nothing here. */
export function requireBuildId(id: string): string {
  if (BUILD_ID.test(id)) return id
  throw new AppError(
    'BUILD_NOT_FOUND',
    `There is no build ${id.slice(0, 64)}. Builds of the older system were not taken over: ids here are UUIDs, as in the answer to the upload.`
  )
}
