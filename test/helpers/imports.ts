// The imports of the files of src/, parsed from their text.

import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export const SRC = join(import.meta.dirname, '../../src')

export type Import = { from: string; to: string; isType: boolean }

/** Of a file of src/. Our own files have paths relative to it. */
export function importsOf(file: string): Import[] {
  const source = readFileSync(join(SRC, file), 'utf8')
  const statements = source.matchAll(
    /^(?:import|export) (?!type [^;']*? = )([^;']*?)from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gms
  )
  return [...statements].map(([, names = '', from, bare, dynamic]) => {
    const target = from ?? bare ?? dynamic ?? ''
    const to = target.startsWith('.') ? relative(SRC, join(SRC, dirname(file), target)) : target
    return { from: file, to, isType: isTypes(names) }
  })
}

/** Whether the import disappears at run time. */
function isTypes(names: string): boolean {
  if (names.startsWith('type ')) return true
  const inBraces =
    /^\{([^}]*)\}\s*$/
      .exec(names)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? []
  return inBraces.length > 0 && inBraces.every((name) => name === '' || name.startsWith('type '))
}
