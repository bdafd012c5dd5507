import type { Socket } from 'node:net'
import t from 'tap'
import { engineThat, type Answer } from '../../helpers/engine-server.ts'

const ID = 'f'.repeat(64)
// More than the sockets that Berth keeps for calls.
const LOOKS = 100

t.test('a stat of a path leaves no socket in use', async (t) => {
  const open = new Set<Socket>()
  let most = 0
  const stat = { name: 'f', size: 5, mode: 0o644, mtime: '2026-01-02T03:04:05Z', linkTarget: '' }
  const look: Answer = (_asked, answer) => {
    const { socket } = answer.req
    open.add(socket)
    most = Math.max(most, open.size)
    socket.once('close', () => open.delete(socket))
    answer
      .writeHead(200, { 'x-docker-container-path-stat': Buffer.from(JSON.stringify(stat)).toString('base64') })
      .end()
  }
  const { engine } = await engineThat(t, { [`HEAD /containers/${ID}/archive`]: look })
  for (let n = 0; n < LOOKS; n++) t.match(await engine.statPath(ID, '/f'), { kind: 'file', sizeBytes: 5 })
  t.ok(most < 20, `${most} sockets at once`)
})
