// The trail is append-only, and each entry follows the one before.

import type { Test } from 'tap'
import type { AuditRow, AuditStore } from '../../../src/store/contract/audit.ts'
import type { Open } from './contract.ts'

const entry = (given: Partial<AuditRow> = {}) => ({
  at: 100,
  outcome: 'succeeded',
  caller: 'ci',
  tokenId: 'one',
  scope: 'admin',
  address: '::1',
  door: 'rest',
  action: 'removeContainer',
  object: 'web',
  code: null,
  durationMs: 1.5,
  requestId: 'r1',
  ...given
})

/** Like the audit: the next number, and a hash over the previous entry. */
const append = (audit: AuditStore, given: Partial<AuditRow> = {}) =>
  audit.append((newest) => ({ seq: (newest?.seq ?? 0) + 1, hash: `${newest?.hash ?? ''}.`, ...entry(given) }))

export async function auditContract(t: Test, open: Open): Promise<void> {
  await t.test('entries are returned unchanged, newest first', async (t) => {
    const { audit } = await open(t)
    t.strictSame(await audit.find({}, 10), [])
    t.match(await append(audit), { seq: 1, hash: '.', ...entry() })
    await append(audit, { tokenId: null, scope: null, object: null, durationMs: null, code: 'FORBIDDEN' })
    t.match(await audit.find({}, 10), [
      { seq: 2, hash: '..', tokenId: null, scope: null, object: null, durationMs: null, code: 'FORBIDDEN' },
      { seq: 1, hash: '.', ...entry() }
    ])
  })

  await t.test('each of many concurrent writers sees the previous entry', async (t) => {
    const { audit } = await open(t)
    await Promise.all(Array.from({ length: 50 }, () => append(audit)))
    const rows = (await audit.find({}, 100)).toReversed()
    t.strictSame(
      rows.map(({ seq, hash }) => [seq, hash.length]),
      Array.from({ length: 50 }, (_none, index) => [index + 1, index + 1])
    )
  })

  await t.test('an empty batch adds no entry', async (t) => {
    const { audit } = await open(t)
    const none = audit.append(() => {
      throw new Error('no')
    })
    await t.rejects(none, { message: 'no' })
    t.match(await append(audit), { seq: 1 })
  })

  await t.test('entries are found by each of their fields, page by page', async (t) => {
    const { audit } = await open(t)
    await append(audit, { at: 1, requestId: 'r1' })
    await append(audit, { at: 2, requestId: 'r2', caller: 'me', action: 'pullImage', object: 'x', outcome: 'failed' })
    await append(audit, { at: 3, requestId: 'r3' })
    const found = async (...asked: Parameters<AuditStore['find']>) => (await audit.find(...asked)).map(({ seq }) => seq)
    t.strictSame(await found({ caller: 'me' }, 10), [2])
    t.strictSame(await found({ action: 'pullImage' }, 10), [2])
    t.strictSame(await found({ object: 'x' }, 10), [2])
    t.strictSame(await found({ outcome: 'succeeded' }, 10), [3, 1])
    t.strictSame(await found({ requestId: 'r3' }, 10), [3])
    t.strictSame(await found({ since: 2 }, 10), [3, 2])
    t.strictSame(await found({ until: 2 }, 10), [2, 1])
    t.strictSame(await found({ since: 2, caller: 'ci' }, 10), [3])
    t.strictSame(await found({}, 2), [3, 2])
    t.strictSame(await found({ before: 2 }, 2), [1])
  })

  await t.test('refusals are stored separately, so a flood displaces nothing', async (t) => {
    const { audit } = await open(t)
    await append(audit)
    for (let count = 0; count < 5; count++) await append(audit, { outcome: 'refused' })
    await append(audit)
    await audit.keep({ refusals: 2, others: 10 })
    t.strictSame(
      (await audit.find({}, 10)).map(({ seq }) => seq),
      [7, 6, 5, 1]
    )
    await audit.keep({ refusals: 2, others: 1 })
    t.strictSame(
      (await audit.find({}, 10)).map(({ seq }) => seq),
      [7, 6, 5]
    )
  })
}
