// The settings of .env reach the server in the compose stack, and the container checks whether the server answers.

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SETTING_LIST } from '../../src/config.ts'
import { runBare } from '../helpers/bare-server.ts'
import { makeFolder } from '../helpers/folder.ts'
import { freePort } from '../helpers/port-ranges.ts'

const ROOT = join(import.meta.dirname, '../..')
const CERTIFICATE = join(import.meta.dirname, '../fixtures/localhost.pem')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const [, service = ''] = /^  orchestration:\n(.*?)^  \S/ms.exec(read('docker-compose.yml')) ?? []

/** Settings with a fixed value there, or none. */
const FIXED: Record<string, string> = {
  BERTH_DATA_DIR: 'the volume',
  BERTH_HOST_PROC: 'a mount',
  BERTH_HOST_CGROUP: 'a mount',
  DOCKER_CONFIG: 'a mount; its source is the setting',
  BERTH_ENGINE_SETUP: 'for npm start',
  DOCKER_HOST: 'selects the engine of compose, whose socket is mounted',
  DOCKER_CONTEXT: 'the same',
  DOCKER_CERT_PATH: 'the same',
  DOCKER_TLS_VERIFY: 'the same'
}

t.test('every setting reaches the server of the compose stack', async (t) => {
  for (const { env } of SETTING_LIST) if (!(env in FIXED)) t.match(service, `      ${env}: \${${env}:-}\n`, env)
  for (const env of Object.keys(FIXED)) {
    t.ok(
      SETTING_LIST.some((setting) => setting.env === env),
      env
    )
    t.notMatch(service, `      ${env}: \${${env}`, env)
  }
  t.match(service, '      - ${DOCKER_CONFIG:-~/.docker}:/docker:ro\n')
  t.match(service, '      - ./config:/app/config\n', 'files that settings name')
})

t.test('every port of the stack can be chosen', async (t) => {
  const ports = [...read('docker-compose.yml').matchAll(/^ +- 127\.0\.0\.1:(.*):5000$/gm)].map(([, port]) => port)
  t.strictSame(ports, ['${BASE_API_PORT:-5000}', '${REGISTRY_PORT:-5001}'])
})

t.test('the health check finds the server at a port, under TLS and at a socket', async (t) => {
  const folder = makeFolder('health')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const places: Record<string, string>[] = [
    { BERTH_HOST: '127.0.0.2', BERTH_PORT: String(freePort()) },
    { BERTH_PORT: String(freePort()), BERTH_TLS_CERT: CERTIFICATE, BERTH_TLS_KEY: CERTIFICATE },
    { BERTH_SOCKET: join(folder, 'berth.sock') }
  ]
  for (const [index, place] of places.entries()) {
    const check = () => runBare(t, place, ['scripts/health-check.mjs'])
    const early = check()
    t.equal(await early.ended, 1, 'before it is up')
    t.match(early.output(), /ECONNREFUSED|ENOENT/)
    const server = runBare(t, { ...place, BERTH_DATA_DIR: join(folder, String(index)) })
    await server.up()
    const checked = check()
    t.equal(await checked.ended, 0, `${JSON.stringify(place)} ${checked.output()}`)
    server.child.kill('SIGTERM')
    await server.ended
  }
})

t.test('the image of the server has labels, and keeps its data in a volume', async (t) => {
  const dockerfile = read('Dockerfile.orchestration')
  const { version, description, license } = JSON.parse(read('package.json')) as Record<string, string>
  t.match(dockerfile, `org.opencontainers.image.version="${version}"`)
  t.match(dockerfile, `org.opencontainers.image.description="${description}"`)
  t.match(dockerfile, `org.opencontainers.image.licenses="${license}"`)
  t.match(dockerfile, 'ENV BERTH_DATA_DIR=/data')
  t.match(dockerfile, 'VOLUME ["/data"]')
  t.match(dockerfile, 'CMD ["node", "scripts/health-check.mjs"]')
})
