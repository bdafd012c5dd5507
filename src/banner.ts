// The first lines on a terminal after the start: the address, and a first command.

import type { Config } from './config.ts'

type BannerSettings = Pick<Config, 'socket' | 'host' | 'grpcPort' | 'token' | 'tlsCert'>

export function createBanner(address: string, { socket, host, grpcPort, token, tlsCert }: BannerSettings): string {
  const options = [
    ...(socket === undefined ? [] : [`--unix-socket ${socket}`]),
    ...(tlsCert === undefined ? [] : ['--cacert YOUR_CA']),
    ...(token === undefined ? [] : ["-H 'Authorization: Bearer YOUR_TOKEN'"]),
    `-X POST ${socket === undefined ? address : 'http://localhost'}/containers/create`
  ]
  const rows = [
    ['API', address],
    ...(socket === undefined ? [['Docs', `${address}/docs`]] : []),
    ...(socket !== undefined || grpcPort === undefined ? [] : [['gRPC', `${host}:${grpcPort}`]]),
    ['Try', `curl ${options.join(' ')} -H 'Content-Type: application/json' -d '{"name": "hello", "wait": "port"}'`],
    ['Stop', 'Ctrl-C']
  ]
  return `\n  Berth is up\n\n${rows.map(([name = '', text]) => `  ${name.padEnd(6)}${text}\n`).join('')}\n`
}
