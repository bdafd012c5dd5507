// A terminal over gRPC: the frames of the WebSocket as messages.

import { Type, type Static } from '@sinclair/typebox'
import { invalidField } from '../errors.ts'
import { duplex, type DockerMethods } from '../rpc/methods.ts'
import { converse } from './conversation.ts'
import type { ClientFrame, ServerFrame } from './frames.ts'
import { ResumeTerminal, StartTerminal, TerminalParams } from './schemas.ts'
import type { TerminalService } from './service.ts'

const Size = Type.Object({
  cols: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 }))
})
const withSize = { size: Type.Optional(Size) }
const TerminalRequest = Type.Object({
  start: Type.Optional(
    Type.Composite([
      Type.Object({ name: TerminalParams.properties.id }),
      Type.Omit(StartTerminal, ['cols', 'rows']),
      Type.Object(withSize)
    ])
  ),
  resume: Type.Optional(Type.Composite([Type.Omit(ResumeTerminal, ['cols', 'rows']), Type.Object(withSize)])),
  input: Type.Optional(Type.Unsafe<Uint8Array>({})),
  resize: Type.Optional(Size),
  ack: Type.Optional(Type.Integer({ minimum: 0 })),
  signal: Type.Optional(Type.String({ maxLength: 16 }))
})
type TerminalRequest = Static<typeof TerminalRequest>

export function terminalRpc({ terminals }: { terminals: TerminalService }) {
  return {
    openDockerTerminal: duplex({
      operation: 'openTerminal',
      scope: 'exec',
      request: TerminalRequest,
      call: async function* (requests, { caller, address, requestId }) {
        let reference = ''
        async function* frames() {
          for await (const request of requests) {
            reference ||= request.start?.name ?? ''
            yield frameOf(request)
          }
        }
        const visitor = { caller, peer: { address, door: 'grpc' } as const, requestId }
        for await (const frame of converse(frames(), (asked) => terminals.open(reference, asked, visitor)))
          yield messageOf(frame)
      }
    })
  } satisfies Partial<DockerMethods>
}

function frameOf({ start, resume, input, resize, ack, signal }: TerminalRequest): ClientFrame {
  if (start) {
    const { name: _, size, ...open } = start
    return { kind: 'open', open: { ...open, ...size } }
  }
  if (resume) {
    const { size, ...open } = resume
    return { kind: 'open', open: { ...open, ...size } }
  }
  if (input) return { kind: 'input', bytes: input }
  if (resize) return { kind: 'resize', cols: resize.cols ?? 0, rows: resize.rows ?? 0 }
  if (ack !== undefined) return { kind: 'ack', received: ack }
  if (signal !== undefined) return { kind: 'signal', signal }
  throw invalidField('frame', 'is missing')
}

function messageOf(frame: ServerFrame): object {
  if (frame.kind === 'output') return { output: Buffer.from(frame.bytes).toString('base64') }
  if (frame.kind === 'opened') return { opened: frame.opened }
  if (frame.kind === 'failed') return {}
  const { exit_code: code, reason } = frame.ended
  return { ended: { reason, ...(code !== null && { exit_code: code }) } }
}
