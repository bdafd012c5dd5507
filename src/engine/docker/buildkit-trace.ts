// BuildKit reports its progress as protobuf messages (moby.buildkit.v1.StatusResponse) inside the lines of the build's
// stream. Only the fields that a reader of a build log needs are taken out.

import { BinaryReader } from '@bufbuild/protobuf/wire'

export type Vertex = {
  digest: string
  name: string
  cached: boolean
  startedMs: number | undefined
  completedMs: number | undefined
  error: string
}
type VertexLog = { vertex: string; timeMs: number; text: Uint8Array }
export type Trace = { vertexes: Vertex[]; logs: VertexLog[] }

type Handlers = Record<number, (reader: BinaryReader) => void>

export function decodeTrace(message: Uint8Array): Trace {
  const trace: Trace = { vertexes: [], logs: [] }
  read(new BinaryReader(message), {
    1: (reader) => trace.vertexes.push(vertex(reader)),
    3: (reader) => trace.logs.push(vertexLog(reader))
  })
  return trace
}

function vertex(outer: BinaryReader): Vertex {
  const found: Vertex = { digest: '', name: '', cached: false, startedMs: undefined, completedMs: undefined, error: '' }
  read(inner(outer), {
    1: (reader) => (found.digest = reader.string()),
    3: (reader) => (found.name = reader.string()),
    4: (reader) => (found.cached = reader.bool()),
    5: (reader) => (found.startedMs = timestamp(reader)),
    6: (reader) => (found.completedMs = timestamp(reader)),
    7: (reader) => (found.error = reader.string())
  })
  return found
}

function vertexLog(outer: BinaryReader): VertexLog {
  const found: VertexLog = { vertex: '', timeMs: 0, text: new Uint8Array() }
  read(inner(outer), {
    1: (reader) => (found.vertex = reader.string()),
    2: (reader) => (found.timeMs = timestamp(reader)),
    4: (reader) => (found.text = reader.bytes())
  })
  return found
}

function timestamp(outer: BinaryReader): number {
  let milliseconds = 0
  read(inner(outer), {
    1: (reader) => (milliseconds += Number(reader.int64()) * 1000),
    2: (reader) => (milliseconds += reader.int32() / 1e6)
  })
  return milliseconds
}

function inner(reader: BinaryReader): BinaryReader {
  return new BinaryReader(reader.bytes())
}

function read(reader: BinaryReader, fields: Handlers): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    const take = fields[field]
    if (take) take(reader)
    else reader.skip(wireType, field)
  }
}
