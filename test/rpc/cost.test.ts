// The cost of the largest request of every gRPC method on the only thread: each field with its largest size or number.

import { create, ScalarType, toBinary, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import t from 'tap'
import { MAX_VALUES } from '../../src/lib/values.ts'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { buildRpc } from '../helpers/grpc.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { connectRaw, envelope } from '../helpers/raw-grpc.ts'
import { leastTurn } from '../helpers/thread-time.ts'

const MOST_MS = 250
const VALUES = MAX_VALUES - 10
const TEXT = 'a*'.repeat(120 * 1024)

const engine = createMemoryEngine()
for (let n = 0; n < 999; n++) engine.add({ name: `c${n}` })
const { port } = await buildRpc(t, { engine })

/** Messages with this field only: of the largest accepted size, with too many values, and too large. */
function largest(schema: DescMessage, field: DescField): Uint8Array[] {
  const filled = (fill: (message: ReturnType<typeof reflect>) => void) => {
    const message = create(schema)
    fill(reflect(schema, message))
    return toBinary(schema, message)
  }
  if (field.fieldKind === 'scalar' && field.scalar === ScalarType.STRING)
    return [filled((message) => message.set(field, TEXT))]
  if (field.fieldKind === 'list')
    return [VALUES, 80_000, 300_000].map((count) =>
      filled((message) => {
        const list = message.get(field)
        for (let n = 0; n < count; n++)
          list.add(field.listKind === 'message' ? reflect(field.message) : field.listKind === 'enum' ? 1 : 'x')
      })
    )
  if (field.fieldKind === 'map' && field.mapKind === 'scalar')
    return [VALUES, 30_000].map((count) =>
      filled((message) => {
        const map = message.get(field)
        for (let n = 0; n < count; n++) map.set(String(n), 'x')
      })
    )
  return []
}

async function callWith(name: string, bytes: Uint8Array): Promise<void> {
  // One connection each, since one that keeps sending a refused message is closed.
  const raw = connectRaw(port)
  await raw
    .call({ path: `/${DockerService.typeName}/${name}`, body: [envelope(bytes)], patienceMs: 400 })
    .catch(() => {})
  raw.session.destroy()
}

for (const { name, input } of Object.values(DockerService.method))
  t.test(name, async (t) => {
    let worst = { ms: 0, what: 'nothing' }
    const requests = input.fields.flatMap((field) =>
      largest(input, field).map((bytes) => ({ what: field.name, bytes }))
    )
    for (const { what, bytes } of [{ what: 'no field', bytes: new Uint8Array() }, ...requests]) {
      const ms = await leastTurn(() => callWith(name, bytes), MOST_MS / 2)
      if (ms > worst.ms) worst = { ms, what: `${what}, ${bytes.length} bytes` }
    }
    t.ok(worst.ms < MOST_MS, `${Math.round(worst.ms)} ms: ${worst.what}`)
    t.comment(`${name}: ${Math.round(worst.ms)} ms`)
  })
