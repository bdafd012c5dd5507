// Paths in a container as in a URL: percent-encoded bytes keep names that are not UTF-8. Pure.

import type { FileEntry } from '../../../client/api.ts'

const encoder = new TextEncoder()

export function encodeName({ name, name_base64: bytes }: Pick<FileEntry, 'name' | 'name_base64'>): string {
  if (bytes === undefined) return encodeURIComponent(name)
  const binary = Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0))
  return Array.from(binary, (each) => `%${each.toString(16).padStart(2, '0')}`).join('')
}

export const below = (folder: string, name: string): string => (folder === '/' ? `/${name}` : `${folder}/${name}`)

export function textOfPath(path: string): string {
  const bytes = path.replaceAll(
    /%([0-9a-f]{2})|([^%]+)/gi,
    (_all, hex: string | undefined, plain: string | undefined) =>
      hex === undefined ? latin1(plain ?? '') : String.fromCharCode(Number.parseInt(hex, 16))
  )
  return new TextDecoder().decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0)))
}

/** Text with one character for each of its bytes. */
function latin1(text: string): string {
  return String.fromCharCode(...encoder.encode(text))
}

/** The root, each parent folder, and the path itself. */
export function stepsOf(path: string): { name: string; path: string }[] {
  const names = path.split('/').filter(Boolean)
  return [
    { name: '/', path: '/' },
    ...names.map((name, index) => ({ name: textOfPath(name), path: `/${names.slice(0, index + 1).join('/')}` }))
  ]
}
