// A server of Node's own that answers everything with one text, as large as a stats answer: what the machine, the client
// and HTTP take by themselves. Prints its port.

import http from 'node:http'
import type { AddressInfo } from 'node:net'

const text = process.argv[2] ?? ''
const server = http.createServer((_request, answer) => {
  answer.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
