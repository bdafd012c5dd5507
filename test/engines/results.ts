// What a run of the tests on one engine came to, read from its TAP.

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
