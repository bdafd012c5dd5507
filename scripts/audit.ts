// Checks the audit trail: each entry carries a hash over itself and the one before. With several servers, each has a file of
// its own entries, and the database has them all.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBreak } from '../src/access/audit.ts'
import { loadConfig } from '../src/load-config.ts'
import type { AuditStore } from '../src/store/contract/audit.ts'
import { openStore } from '../src/store/open.ts'

const PAGE = 1_000

const { config } = loadConfig(process.env)
const isShared = config.databaseUrl !== undefined
const [path = isShared ? undefined : join(config.dataDir, 'audit.jsonl')] = process.argv.slice(2)
const lines = path === undefined ? await fromStore() : readFileSync(path, 'utf8').split('\n').filter(Boolean)
const broken = findBreak(lines, { isPart: isShared })
const name = path ?? 'the database'
if (broken === undefined) process.stdout.write(`${name}: ${lines.length} entries, unbroken\n`)
else {
  process.stderr.write(`${name}: line ${broken + 1} does not follow from the line before it\n`)
  process.exitCode = 1
}

async function fromStore(): Promise<string[]> {
  const log = { error() {}, warn() {}, info() {} }
  const store = await openStore({ ...config, log })
  try {
    return (await readAll(store.audit)).toReversed()
  } finally {
    await store.close()
  }
}

async function readAll(audit: AuditStore): Promise<string[]> {
  const found: string[] = []
  for (let before: number | undefined; ;) {
    const rows = await audit.find({ before }, PAGE)
    for (const row of rows) found.push(JSON.stringify(row))
    before = rows.at(-1)?.seq
    if (before === undefined) return found
  }
}
