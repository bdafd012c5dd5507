// What a run of the tests on one engine came to: read from its TAP, and kept in a file for each engine.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Parser, type Result } from 'tap-parser'

export type FileResult = {
  file: string
  ok: boolean
  passed: number
  /** Names of what failed. */
  failed: string[]
  skipped: { name: string; reason: string }[]
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

/** Reads to the end of the output; hears of each file when it is over. */
export async function readResults(tap: Readable, onFile: (file: FileResult) => void): Promise<FileResult[]> {
  const files: FileResult[] = []
  const parser = new Parser()
  let inFile: Omit<FileResult, 'file' | 'ok'> = { passed: 0, failed: [], skipped: [] }
  parser.on('pass', () => inFile.passed++)
  parser.on('fail', ({ fullname }: Result) => inFile.failed.push(fullname))
  parser.on('skip', ({ fullname, skip }: Result) => inFile.skipped.push({ name: fullname, reason: String(skip) }))
  parser.on('assert', ({ ok, name }: Result) => {
    const file = { file: name, ok, ...inFile }
    files.push(file)
    onFile(file)
    inFile = { passed: 0, failed: [], skipped: [] }
  })
  for await (const chunk of tap) parser.write(chunk as Buffer)
  parser.end()
  return files.toSorted((one, other) => one.file.localeCompare(other.file))
}
