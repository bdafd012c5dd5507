// A plain Node server that answers every request with the text on its standard input: the baseline of machine, client and
// HTTP. Prints its port.

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

const text = await buffer(process.stdin)
const server = http.createServer((_request, answer) => {
  answer.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length }).end(text)
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
