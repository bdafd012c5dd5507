// The tool for models that runs a command in a new container, with an image whose user is not root.

import t from 'tap'
import { portsOf, startServer } from '../helpers/server.ts'

type Told = { result: { isError?: boolean; content: { text: string }[] } }

t.test('the tool takes files and a command, returns output and files, and leaves nothing', async (t) => {
  const server = await startServer(t, { ports: portsOf('mcp'), env: { BERTH_EXEC: 'true' } })
  const script = 'cat in.txt; echo 42 > out.txt; : > none; dd if=/dev/zero of=big bs=1M count=2 2>/dev/null; exit 3'
  const { body, text } = await server.post<Told>(
    '/mcp',
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'run',
        arguments: {
          image: 'base-api-server:latest',
          command: ['sh', '-c', script],
          files: { 'in.txt': 'hello\n' },
          outputs: ['out.txt', 'none', 'big', 'absent']
        }
      }
    },
    { headers: { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-06-18' } }
  )
  t.notOk(body.result?.isError, text)
  t.match(JSON.parse(body.result.content[0]?.text ?? ''), {
    exit_code: 3,
    stdout: 'hello',
    files: { 'out.txt': '42\n', none: '', big: /^\[2097152 bytes: too much/, absent: '[there is no such file]' }
  })
  const { body: trail } = await server.get<object[]>('/audit?action=removeContainer&outcome=succeeded')
  t.equal(trail.length, 1, 'its container is removed')
})
