// Says whether a file of the audit trail is whole: each entry carries a hash over itself and the one before.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBreak } from '../src/access/audit.ts'
import { loadConfig } from '../src/load-config.ts'

const [path = join(loadConfig(process.env).config.dataDir, 'audit.jsonl')] = process.argv.slice(2)
const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
const broken = findBreak(lines)
if (broken === undefined) process.stdout.write(`${path}: ${lines.length} entries, unbroken\n`)
else {
  process.stderr.write(`${path}: line ${broken + 1} does not follow from the line before it\n`)
  process.exitCode = 1
}
