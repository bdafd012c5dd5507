// Paths in a container. Names may hold any byte but a zero and a slash, so a path has one character for each of its bytes
// (latin1). Pure.

import { isUtf8 } from 'node:buffer'
import { invalidField } from '../errors.ts'

const MAX_PATH = 4095
const MAX_NAME = 255
const MAX_SHOWN = 200

/** Absolute and normalized. */
export function cleanPath(raw: string, field = 'path'): string {
  if (!raw.startsWith('/')) throw invalidField(field, 'must begin with a slash, such as /etc/hosts')
  return `/${cleanParts(raw, (rule) => invalidField(field, rule)).join('/')}`
}

/** The names between the slashes of a path. `refuse` creates the error for an invalid one. */
export function cleanParts(raw: string, refuse: (rule: string) => Error): string[] {
  const parts = raw.split('/').filter((part) => part !== '' && part !== '.')
  if (raw.includes('\0')) throw refuse('must not hold a zero byte')
  if (parts.includes('..')) throw refuse('must not hold "..": give the path itself')
  if (raw.length > MAX_PATH || parts.some((part) => part.length > MAX_NAME))
    throw refuse(`must have at most ${MAX_PATH} bytes, and ${MAX_NAME} between two slashes`)
  return parts
}

export function joinPath(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

export function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf('/')
  return { folder: path.slice(0, slash) || '/', name: path.slice(slash + 1) }
}

/** For people: invalid UTF-8 appears as U+FFFD. */
export function textOf(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8')
}

/** The same for an error message. */
export function quoted(path: string): string {
  return JSON.stringify(textOf(path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path))
}

/** The bytes in base64 where the text would lose some. */
export function lostBytesOf(path: string): string | undefined {
  const bytes = Buffer.from(path, 'latin1')
  return isUtf8(bytes) ? undefined : bytes.toString('base64')
}

export const bytesOfText = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** The `path` of a query string as bytes: as text it would lose bytes that are not UTF-8. */
export function pathIn(url: string): string {
  const query = url.slice(url.indexOf('?') + 1)
  const given = query.split('&').find((each) => each.startsWith('path='))
  const raw = (given ?? '').slice('path='.length).replaceAll('+', ' ')
  return bytesOfText(raw.replaceAll(/%(?![0-9a-f]{2})/gi, '%25').replaceAll(/[^ -~]+/g, encodeURIComponent)).replaceAll(
    /%([0-9a-f]{2})/gi,
    (_escape, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))
  )
}
