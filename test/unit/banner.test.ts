import t from 'tap'
import { createBanner } from '../../src/banner.ts'

const plain = { socket: undefined, host: '127.0.0.1', grpcPort: 50051, token: undefined, tlsCert: undefined }
const http = 'http://127.0.0.1:8000'

t.test('by default: the addresses, and a curl line that can be pasted', async (t) => {
  const banner = createBanner(http, plain)
  t.match(banner, `API   ${http}\n`)
  t.match(banner, `Docs  ${http}/docs\n`)
  t.match(banner, 'gRPC  127.0.0.1:50051\n')
  t.match(banner, `curl -X POST ${http}/containers/create -H 'Content-Type: application/json' -d '{`)
})

t.test('the curl line includes what this server requires', async (t) => {
  t.match(createBanner(http, { ...plain, token: 'secret' }), /-H 'Authorization: Bearer YOUR_TOKEN'/)
  t.notMatch(createBanner(http, { ...plain, token: 'secret' }), /secret/, 'and does not show it')
  t.match(createBanner('https://127.0.0.1:8000', { ...plain, tlsCert: 'cert.pem' }), /curl --cacert YOUR_CA .*https:/)
})

t.test('a server on a socket has neither pages nor gRPC', async (t) => {
  const banner = createBanner('unix:/run/berth.sock', { ...plain, socket: '/run/berth.sock' })
  t.match(banner, 'curl --unix-socket /run/berth.sock -X POST http://localhost/containers/create')
  t.notMatch(banner, /Docs|gRPC/)
})

t.test('a disabled gRPC port is not mentioned', async (t) => {
  t.notMatch(createBanner(http, { ...plain, grpcPort: undefined }), /gRPC/)
})
