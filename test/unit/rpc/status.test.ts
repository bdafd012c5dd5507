import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Code } from '@connectrpc/connect'
import { setTrailerStatus } from '@connectrpc/connect/protocol-grpc'
import t from 'tap'
import { AppError, ERRORS, type ErrorCode } from '../../../src/errors.ts'
import { ErrorInfoSchema, BadRequestSchema } from '../../../src/rpc/gen/google/rpc/error_details_pb.ts'
import { toStatus } from '../../../src/rpc/status.ts'

/** As gRPC writes it: `NOT_FOUND`. */
function statusOf(code: ErrorCode): string {
  const name = Code[toStatus(new AppError(code, 'It is so.'), 'id').code] ?? ''
  return name
    .replaceAll(/(?!^)[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()
    .replace('CANCELED', 'CANCELLED')
}

t.test('docs/grpc.md has the status of every code', async (t) => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/grpc.md'), 'utf8')
  const rows = [...guide.matchAll(/^\| `([A-Z_]+)` \| (`[A-Z_]+`.*) \|$/gm)]
  const told = rows.flatMap(([, status = '', codes = '']) =>
    codes.split(', ').map((code) => [code.replaceAll('`', ''), status])
  )
  t.strictSame(
    Object.fromEntries(told),
    Object.fromEntries(Object.keys(ERRORS).map((code) => [code, statusOf(code as ErrorCode)]))
  )
})

t.test('only retryable errors say when to retry', async (t) => {
  for (const [code, entry] of Object.entries(ERRORS)) {
    const types = toStatus(new AppError(code as ErrorCode, 'x'), 'id').details.map(
      (detail) => 'desc' in detail && detail.desc.typeName
    )
    t.equal(types.includes('google.rpc.RetryInfo'), 'retryable' in entry, code)
  }
})

t.test('every error fits into the trailers that clients accept', async (t) => {
  const texts = { ascii: 'x', wide: 'ж', lines: 'line\n', emoji: '🚢', control: '\u0001' }
  for (const [name, piece] of Object.entries(texts)) {
    const text = piece.repeat(20_000)
    const fields = Array.from({ length: 500 }, (_none, index) => ({
      field: `env.${index}`,
      message: text.slice(0, 50)
    }))
    const error = new AppError('CONTAINER_EXITED', `It ended. ${text} last words`, {
      fields,
      facts: { logs: text, exit_code: 3 }
    })
    const status = toStatus(error, 'id')
    const trailers = new Headers()
    setTrailerStatus(trailers, status)
    const bytes = [...trailers].reduce((sum, [key, value]) => sum + key.length + value.length, 0)
    t.ok(bytes < 8_000, `${name}: ${bytes}`)
    t.match(status.rawMessage, /^The container exited.*last words$/s)
  }
})

t.test('facts and fields are details', async (t) => {
  const error = new AppError('INVALID_REQUEST', 'cpus is too large', {
    fields: [{ field: 'cpus', message: 'is too large' }],
    facts: { most: 8, none: null }
  })
  const { details } = toStatus(error, 'id')
  t.match(details, [
    { desc: ErrorInfoSchema, value: { reason: 'INVALID_REQUEST', domain: 'berth', metadata: { most: '8' } } },
    {},
    { desc: BadRequestSchema, value: { fieldViolations: [{ field: 'cpus', description: 'is too large' }] } }
  ])
})
