// The health check of the container: requests the server's health at its port, with TLS or at its unix socket.

import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'

const { BERTH_SOCKET, BERTH_TLS_CERT, BERTH_HOST, BERTH_PORT } = process.env
const address = BERTH_SOCKET
  ? { socketPath: BERTH_SOCKET }
  : { host: BERTH_HOST || '127.0.0.1', port: BERTH_PORT || 8000 }
const request = BERTH_TLS_CERT && !BERTH_SOCKET ? tlsRequest : plainRequest

// It is this very container, so the name in its certificate does not matter.
request({ ...address, path: '/health', headers: { host: 'localhost' }, rejectUnauthorized: false }, ({ statusCode }) =>
  process.exit(statusCode === 200 ? 0 : 1)
)
  .on('error', ({ message }) => {
    process.stderr.write(`${message}\n`)
    process.exit(1)
  })
  .end()
