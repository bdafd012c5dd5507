import t from 'tap'
import {
  decodeClient,
  decodeServer,
  encodeClient,
  encodeServer,
  protocolsFor,
  tokenAmong,
  type ClientFrame,
  type ServerFrame
} from '../../../src/terminal/frames.ts'

const bytes = new Uint8Array([0, 255, 10])

t.test('every frame survives a round trip', async (t) => {
  const ofClient: ClientFrame[] = [
    { kind: 'open', open: { command: ['sh'], cols: 80, rows: 24 } },
    { kind: 'open', open: { session: 'x', received: 7 } },
    { kind: 'input', bytes },
    { kind: 'resize', cols: 300, rows: 2 },
    { kind: 'ack', received: 2 ** 40 },
    { kind: 'signal', signal: 'INT' }
  ]
  for (const frame of ofClient) t.strictSame(decodeClient(encodeClient(frame)), frame)
  const ofServer: ServerFrame[] = [
    { kind: 'opened', opened: { session: 'x', command: [], offset: 5 } },
    { kind: 'output', bytes },
    { kind: 'ended', ended: { exit_code: null, reason: 'exited' } },
    { kind: 'failed', failed: { code: 'INTERNAL', detail: 'é' } }
  ]
  for (const frame of ofServer) t.strictSame(decodeServer(encodeServer(frame)), frame)
})

t.test('invalid frames are recognized', async (t) => {
  for (const text of ['', '\u0009', '\u0001{', '\u00017', '\u0003\u0000', '\u00041234567'])
    t.equal(decodeClient(Buffer.from(text, 'latin1')), undefined, JSON.stringify(text))
  t.equal(decodeServer(new Uint8Array([99])), undefined)
})

t.test('a token of any characters travels as a subprotocol', async (t) => {
  for (const token of ['berth_abc-_', 'a+/=?,; é€']) {
    const protocols = protocolsFor(token)
    for (const each of protocols) t.match(each, /^[\w.-]+$/)
    t.strictSame(tokenAmong(protocols), { token, others: ['berth.terminal.v1'] })
  }
  t.strictSame(tokenAmong(protocolsFor(undefined)), { token: undefined, others: ['berth.terminal.v1'] })
  t.equal(tokenAmong(['berth.token.%']).token, undefined)
})
