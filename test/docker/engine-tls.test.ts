// A real engine behind `tcp://` with TLS: everything works with the right files, and an error names the wrong one otherwise.

import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { createConnection } from '../../src/engine/docker/connection.ts'
import { engineCandidates } from '../../src/engine/docker/locate.ts'
import { createAuthority, type Certificate } from '../helpers/certificates.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { silentLog } from '../helpers/records.ts'

const HOST = '127.0.0.1'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** A server with that certificate and nothing behind it: a client that does not trust it sends no request. */
async function serverWith(t: Test, { cert, key }: Certificate): Promise<number> {
  const server = tls.createServer({ cert: readFileSync(cert), key: readFileSync(key) }).listen(0, HOST)
  t.teardown(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

t.test('an engine behind TLS', { skip: noPrivateEngine }, async (t) => {
  const folder = t.testdir()
  const authority = createAuthority(join(folder, 'own'))
  const foreign = createAuthority(join(folder, 'foreign'))
  const own = authority.sign({ name: HOST })
  const client = authority.sign({ name: 'client', use: 'clientAuth' })
  const port = await freePort()
  await startPrivateEngine(t, [
    ...['--host', `tcp://${HOST}:${port}`, '--tlsverify', '--tlscacert', authority.ca],
    ...['--tlscert', own.cert, '--tlskey', own.key]
  ])

  /** The outcome of a connection with these files in DOCKER_CERT_PATH. */
  async function statusWith(name: string, ca: string, files: Partial<Certificate>, to = port) {
    const path = join(folder, name)
    mkdirSync(path)
    copyFileSync(ca, join(path, 'ca.pem'))
    if (files.cert !== undefined) copyFileSync(files.cert, join(path, 'cert.pem'))
    if (files.key !== undefined) copyFileSync(files.key, join(path, 'key.pem'))
    return statusOf({ dockerHost: `tcp://${HOST}:${to}`, dockerCertPath: path, dockerTlsVerify: true })
  }

  async function statusOf(search: Omit<Parameters<typeof engineCandidates>[0], 'home'>) {
    const candidates = engineCandidates({ ...search, home: folder })
    const connection = createConnection({ candidates, log: silentLog })
    await connection.start()
    const status = connection.status()
    connection.close()
    return status
  }

  await t.test('works with its CA and a client certificate', async (t) => {
    t.match(await statusWith('right', authority.ca, client), { available: true, address: `tcp://${HOST}:${port}` })
  })

  const wanted = /wants a client certificate that its authority signed .* cert\.pem and key\.pem in DOCKER_CERT_PATH/
  const expired = authority.sign({ name: HOST, days: -1 })
  const otherName = authority.sign({ name: 'engine.example' })
  const refused: [why: string, ca: string, files: Partial<Certificate>, reason: RegExp, to?: number][] = [
    ['no client certificate', authority.ca, {}, wanted],
    ['of another authority', authority.ca, foreign.sign({ name: 'client', use: 'clientAuth' }), wanted],
    ['an expired one', authority.ca, authority.sign({ name: 'client', use: 'clientAuth', days: -1 }), wanted],
    ['a key of another', authority.ca, { ...client, key: own.key }, /key\.pem is not the key of cert\.pem/],
    ['another authority than that of the engine', foreign.ca, client, /not signed by an authority of ca\.pem/],
    [
      'an engine whose certificate has expired',
      authority.ca,
      client,
      /has expired\. Renew/,
      await serverWith(t, expired)
    ],
    [
      'an engine of another name',
      authority.ca,
      client,
      /is not for 127\.0\.0\.1 but for DNS:engine\.example\. Use such a name in DOCKER_HOST/,
      await serverWith(t, otherName)
    ]
  ]
  for (const [why, ca, files, reason, to] of refused) {
    await t.test(`does not work with ${why}`, async (t) => {
      t.match(await statusWith(why.replaceAll(' ', '-'), ca, files, to), { available: false, reason })
    })
  }

  await t.test('the error says that only one side speaks TLS', async (t) => {
    const clear = await statusOf({ dockerHost: `tcp://${HOST}:${port}` })
    t.match(clear, { available: false, reason: /one that speaks TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH/ })
    const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, HOST)
    t.teardown(() => plain.close())
    await once(plain, 'listening')
    const { port: to } = plain.address() as AddressInfo
    const encrypted = await statusWith('plain', authority.ca, client, to)
    t.match(encrypted, { available: false, reason: /it does not speak TLS there/ })
  })
})
