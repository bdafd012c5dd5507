import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createPullSuccess, readProgress } from '../../../src/engine/docker/progress.ts'
import type { ProgressFrame } from '../../../src/engine/docker/schemas/streams.ts'
import { collect, inPieces } from '../../helpers/collect.ts'

const recorded = (engine: string) =>
  readFileSync(join(import.meta.dirname, `../../fixtures/pull-${engine}.ndjson`), 'utf8')
const isDone = ({ status }: ProgressFrame) => status === 'done'
const read = (text: string, size = 1000, isSuccess = isDone) =>
  collect(readProgress(inPieces(Buffer.from(text), size), 'pull it', isSuccess))

t.test('frames may be split anywhere', async (t) => {
  const text = '{"status":"Pulling 🐳","id":"a"}\r\n\n{"status":"done"}\n'
  for (let size = 1; size <= Buffer.byteLength(text); size++) {
    t.strictSame(await read(text, size), [{ status: 'Pulling 🐳', id: 'a' }, { status: 'done' }])
  }
})

t.test('an errorDetail is a failure, although the answer was 200', async (t) => {
  const line = '{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}\n'
  await t.rejects(read(`{"status":"Pulling"}\n${line}{"status":"done"}\n`), {
    code: 'IMAGE_NOT_FOUND',
    message: /could not pull it: manifest unknown/
  })
})

t.test('an error without details is a failure, too', async (t) => {
  await t.rejects(read('{"error":"no space left on device"}\n'), { code: 'STORAGE_FULL' })
})

t.test('frames before the failure are passed on', async (t) => {
  const seen: unknown[] = []
  await t.rejects(async () => {
    for await (const frame of readProgress(
      inPieces(Buffer.from('{"status":"one"}\n{"error":"x"}\n'), 4),
      'pull it',
      isDone
    ))
      seen.push(frame)
  })
  t.strictSame(seen, [{ status: 'one' }])
})

t.test('a stream that ends before it succeeded is a failure', async (t) => {
  for (const text of ['', '\n', '{"status":"half"}\n']) {
    await t.rejects(read(text), { code: 'ENGINE_FAILED', message: /pull it/ }, JSON.stringify(text))
  }
})

t.test('garbage is a failure and not an exception of the parser', async (t) => {
  for (const text of ['<html>oops</html>\n', '{"status":\n', 'null x\n', '{"status":"Pulling"}\n{"status":"do']) {
    await t.rejects(read(text), { message: /not JSON/ }, text)
  }
})

t.test('JSON other than an object is a failure', async (t) => {
  for (const text of ['null\n', '7\n', '"text"\n', '[]\n']) {
    await t.rejects(read(text), { message: /object/ }, text)
  }
})

t.test('success needs no newline at the end', async (t) => {
  t.strictSame(await read('{"status":"done"}'), [{ status: 'done' }])
})

for (const engine of ['docker', 'podman']) {
  t.test(`a recorded pull of ${engine} is a success`, async (t) => {
    t.ok((await read(recorded(engine), 50, createPullSuccess())).length > 3)
  })
}

t.test('a pull of Docker cut off anywhere is no success', async (t) => {
  const lines = recorded('docker').trim().split('\n')
  for (let count = 0; count < lines.length; count++) {
    await t.rejects(
      read(lines.slice(0, count).join('\n'), 50, createPullSuccess()),
      { code: 'ENGINE_FAILED' },
      `after ${count} lines: ${lines[count - 1]}`
    )
  }
})

t.test('an image that is up to date is a success', async (t) => {
  const text = '{"status":"Pulling from x","id":"1"}\n{"status":"Status: Image is up to date for x:1"}\n'
  t.equal((await read(text, 9, createPullSuccess())).length, 2)
})
