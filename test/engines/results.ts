// The result of a test run on one engine: read from its TAP, and kept in a file for each engine.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Parser, type Result } from 'tap-parser'

export type FileResult = {
  file: string
  ok: boolean
  passed: number
  /** Names of failed tests. */
  failed: string[]
  skipped: { name: string; reason: string }[]
  /** Failures that are known differences of this engine. */
  different: { name: string; reason: string }[]
}
export type EngineResult = { version: string; api: string; date: string; seconds: number; files: FileResult[] }

const FOLDER = join(import.meta.dirname, 'results')
const fileOf = (engine: string) => join(FOLDER, `${engine}.json`)

export function storedResult(engine: string): EngineResult | undefined {
  const file = fileOf(engine)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as EngineResult) : undefined
}

export function storeResult(engine: string, result: EngineResult): void {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(fileOf(engine), `${JSON.stringify(result, null, 2)}\n`)
}

/** Known differences of the engine are not failures. */
export function explain(file: FileResult, differs: Record<string, string>): FileResult {
  const prefix = `${subjectOf(file.file)} > `
  const known = Object.entries(differs).filter(([name]) => name.startsWith(prefix))
  const isOf = (failure: string, name: string) => `${testOf(failure)} > `.startsWith(`${name.slice(prefix.length)} > `)
  const different = known
    .filter(([name]) => file.failed.some((failure) => isOf(failure, name)))
    .map(([name, reason]) => ({ name: name.slice(prefix.length), reason }))
  const failed = file.failed.filter((failure) => !known.some(([name]) => isOf(failure, name)))
  const ok = file.ok || (failed.length === 0 && file.failed.length > 0)
  return { ...file, ok, failed, different: [...file.different, ...different] }
}

export const subjectOf = (file: string): string => file.replace(/^test\/docker\/(.+)\.test\.ts$/, '$1')
export const testOf = (name: string): string => name.replace(/^test\/docker\/\S+ > /, '')

/** Reads the output of a run to its end, and calls `onFile` for each finished file. */
export async function readResults(tap: Readable, onFile: (file: FileResult) => void): Promise<FileResult[]> {
  const files: FileResult[] = []
  const { parser, take } = collect()
  parser.on('assert', ({ ok, name }: Result) => {
    const file = { file: name, ok, ...take() }
    files.push(file)
    onFile(file)
  })
  await read(tap, parser)
  return files.toSorted((one, other) => one.file.localeCompare(other.file))
}

/** Reads the output of a single file. */
export async function readResult(tap: Readable, file: string): Promise<FileResult> {
  const { parser, take } = collect()
  await read(tap, parser)
  return { file, ok: parser.ok, ...take() }
}

function collect() {
  type Collected = Omit<FileResult, 'file' | 'ok'>
  const none = (): Collected => ({ passed: 0, failed: [], skipped: [], different: [] })
  let collected = none()
  const parser = new Parser()
  parser.on('pass', () => collected.passed++)
  parser.on('fail', ({ fullname }: Result) => collected.failed.push(fullname))
  parser.on('skip', ({ fullname, skip }: Result) => collected.skipped.push({ name: fullname, reason: String(skip) }))
  const take = () => {
    const taken = collected
    collected = none()
    return taken
  }
  return { parser, take }
}

async function read(tap: Readable, parser: Parser): Promise<void> {
  for await (const chunk of tap) parser.write(chunk as Buffer)
  parser.end()
}
