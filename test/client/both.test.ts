// One table of calls, made by the TypeScript and the Python client, each on its own server. Both must get the results in
// the table.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Calls } from '../../src/client/api.ts'
import { createClient, isBerthError } from '../../src/client/index.ts'
import { serveCli } from '../helpers/cli.ts'
import { python } from '../helpers/python.ts'

type Row = { call: keyof Calls; given?: Record<string, unknown>; picks?: string[]; fails?: string }
type Given = { form?: { file: string } }

const ROOT = join(import.meta.dirname, '../..')
const TABLE = JSON.parse(readFileSync(join(import.meta.dirname, 'calls.json'), 'utf8')) as Row[]

async function byTypeScript(url: string): Promise<unknown[]> {
  const berth = createClient({ url })
  const outcomes: unknown[] = []
  for (const { call, given = {}, picks = [] } of TABLE) {
    const { form } = given as Given
    const sent = form ? { form: { ...form, file: new Blob([form.file]) } } : given
    try {
      const answer: unknown = await (berth[call] as (given: object) => Promise<unknown>)(sent)
      const pick = (row: unknown) =>
        Object.fromEntries(picks.map((name) => [name, (row as Record<string, unknown>)[name]]))
      outcomes.push(Array.isArray(answer) ? answer.map(pick) : pick(answer))
    } catch (error) {
      if (!isBerthError(error)) throw error
      outcomes.push(error.code)
    }
  }
  return outcomes
}

t.test('both clients get the results in the table', async (t) => {
  const ours = await byTypeScript((await serveCli(t)).url)
  const script = join(import.meta.dirname, 'calls.py')
  const env = { ...process.env, PYTHONPATH: join(ROOT, 'clients/python'), PYTHONDONTWRITEBYTECODE: '1' }
  const { stdout } = await promisify(execFile)(python(), [script, (await serveCli(t)).url], { env })
  const { outcomes: theirs, byHand } = JSON.parse(stdout) as { outcomes: unknown[]; byHand: object }
  for (const [index, { call, fails }] of TABLE.entries()) {
    t.strictSame(theirs[index], ours[index], `${call}, row ${index + 1}`)
    if (fails === undefined) t.not(typeof ours[index], 'string', `${call}, row ${index + 1}: ${String(ours[index])}`)
    else t.equal(ours[index], fails)
  }
  t.strictSame(byHand, { ended: 'end', gone: 0, lost: 'SERVER_UNREACHABLE', hasKeyword: true })
})
