// The isolation of owners, tested from inside their workloads. The test and its engine run in their own network namespace, so
// that no other firewall is touched. Another namespace is the network around that machine.

import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { Container, CreatedContainer } from '../../src/containers/schemas.ts'
import type { Network } from '../../src/networks/schemas.ts'
import { eventually } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { hostPort, portsOf, startServer, unique, type CreateBody, type Server } from '../helpers/server.ts'
import { bearer } from '../helpers/tokens.ts'

const INSIDE = 'BERTH_TEST_OWN_NETWORK'
const TOKEN = 'operator-of-the-isolation-test-0123456789'
const SERVE = (who: string) => ['sh', '-c', `echo -n "I am ${who}" > /tmp/index.html; exec httpd -f -p 5000 -h /tmp`]
/** An address for documentation, which counts as public. */
const MACHINE = '203.0.113.1'
const INTERNET = '203.0.113.10'
const PRIVATE = '10.99.0.10'
const LISTED = '10.99.0.11'
const METADATA = '169.254.169.254'
/** Answers in the surrounding network with the requested address. */
const LISTENER = `require('http').createServer((request, answer) => answer.end('this is ' + request.socket.localAddress))
  .listen(80, '0.0.0.0', () => console.log('listening'))`

const run = promisify(execFile)
const ip = (...args: string[]) => execFileSync('ip', args)

if (noPrivateEngine || process.env[INSIDE]) tests()
else
  void t.spawn(
    'unshare',
    ['--net', process.execPath, import.meta.filename],
    { env: { ...process.env, [INSIDE]: 'yes' } },
    'in a network of its own'
  )

/** A network around this machine; returns the output of a program there. */
async function surround(t: Test) {
  const listener = spawn('unshare', ['--net', process.execPath, '-e', `setTimeout(() => {}, 1e9)`], { stdio: 'ignore' })
  t.teardown(() => listener.kill('SIGKILL'))
  const pid = String(listener.pid)
  const there = (...command: string[]) => ['--target', pid, '--net', ...command]
  await eventually(() => {
    assert.notEqual(readlinkSync(`/proc/${pid}/ns/net`), readlinkSync('/proc/self/ns/net'))
  })
  ip('link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pid)
  for (const address of [`${MACHINE}/24`, '10.99.0.1/24', '169.254.0.1/16']) ip('addr', 'add', address, 'dev', 'lan0')
  ip('link', 'set', 'lan0', 'up')
  for (const address of [`${INTERNET}/24`, `${PRIVATE}/24`, `${LISTED}/24`, `${METADATA}/16`])
    execFileSync('nsenter', there('ip', 'addr', 'add', address, 'dev', 'eth0'))
  execFileSync('nsenter', there('ip', 'link', 'set', 'eth0', 'up'))
  const web = spawn('nsenter', there(process.execPath, '-e', LISTENER), { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => web.kill('SIGKILL'))
  await once(web.stdout, 'data')
  return async (url: string) => {
    const ask = `fetch('${url}', { signal: AbortSignal.timeout(20_000) }).then((answer) => answer.text()).then(console.log)`
    return (await run('nsenter', there(process.execPath, '-e', ask))).stdout.trim()
  }
}

async function listenHere(t: Test, port: number): Promise<void> {
  const server = http.createServer((_request, answer) => answer.end('this is the machine')).listen(port, '0.0.0.0')
  t.teardown(() => server.close())
  await once(server, 'listening')
}

function policyFile(rules: object): string {
  const file = join(makeFolder('policy'), 'policy.json')
  writeFileSync(file, JSON.stringify(rules))
  return file
}

/** The answer that a container of the token gets from an address, or undefined. */
async function asked(server: Server, token: string, id: string, target: string): Promise<string | undefined> {
  const [host = '', port = '80'] = target.split(':')
  const say = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${host} ${port} > /tmp/$$ || exit 1; tail -n 1 /tmp/$$`
  const { body, text } = await server.post<{ stdout: string; exit_code: number | null }>(
    `/containers/${id}/exec`,
    { command: ['sh', '-c', say] },
    { headers: bearer(token) }
  )
  assert([0, 1].includes(body.exit_code ?? -1), text)
  return body.exit_code === 0 ? body.stdout.trim() : undefined
}

function tests(): void {
  t.test('owners are isolated from each other', { skip: noPrivateEngine }, async (t) => {
    ip('link', 'set', 'lo', 'up')
    const askFromOutside = await surround(t)
    const { socket, engine, kill, start } = await startPrivateEngine(t, [
      ...['--iptables=true', '--ip-masq=true', '--ip-forward=true']
    ])
    const ports = portsOf('isolation')
    const [closedPort, openPort] = [ports.first + 18, ports.first + 19]
    await listenHere(t, closedPort)
    await listenHere(t, openPort)
    const env = {
      BERTH_EXEC: 'true',
      BERTH_TOKEN: TOKEN,
      BERTH_PUBLISH_HOST: '0.0.0.0',
      BERTH_RESERVED_PORTS: `${closedPort},${openPort}`
    }
    const as = { headers: bearer(TOKEN) }

    await t.test('without the policy a workload reaches every address', async (t) => {
      const server = await startServer(t, { ports, socket, engine, env })
      const [one, two] = await Promise.all(
        ['one', 'two'].map(async (who) => (await server.create({ command: SERVE(who), wait: 'port' }, as)).body)
      )
      assert(one && two)
      const reaches = (target: string) => asked(server, TOKEN, one.id, target)
      t.equal(await reaches(`${two.networks[0]?.address}:5000`), 'I am two')
      t.equal(await reaches(`${MACHINE}:${closedPort}`), 'this is the machine')
      for (const address of [PRIVATE, LISTED, METADATA, INTERNET]) t.equal(await reaches(address), `this is ${address}`)
    })

    await t.test('a server that cannot set rules does not start', async (t) => {
      const policy = { BERTH_POLICY_FILE: policyFile({ isolation: {} }) }
      const start = startServer(t, { ports, socket, engine, env: { ...env, ...policy, PATH: '/usr/bin' } })
      await t.rejects(start, /the policy isolates owners, and this server cannot: .*iptables/)
    })

    const policy = { isolation: { reach: [`${LISTED}:80`, `host:${openPort}`] } }
    const server = await startServer(t, {
      ports,
      socket,
      engine,
      env: { ...env, BERTH_POLICY_FILE: policyFile(policy) }
    })
    const tokenOf = async (name: string, team?: string) => {
      const { body, text } = await server.post<{ token: string }>(
        '/tokens',
        { name, scopes: ['read', 'containers:write', 'exec'], ...(team && { team }) },
        as
      )
      assert(body.token, text)
      return body.token
    }
    const [red, blue] = [await tokenOf('red'), await tokenOf('blue')]
    const make = async (token: string, who: string, more: CreateBody = {}): Promise<CreatedContainer> => {
      const { status, body, text } = await server.create(
        { name: unique(who), command: SERVE(who), wait: 'http', ...more },
        { headers: bearer(token) }
      )
      assert.equal(status, 201, text)
      return body
    }
    const mine = await make(red, 'red')
    const sister = await make(red, 'sister', { wait: 'port' })
    const other = await make(blue, 'blue')
    const reaches = (target: string, from = mine) => asked(server, red, from.id, target)
    const gateway = async ({ full_id: id }: Container) => {
      const {
        NetworkSettings: { Networks: networks }
      } = await engine.getContainer(id).inspect()
      return Object.values(networks)[0]?.Gateway ?? ''
    }
    const addressOf = ({ networks }: Container) => networks[0]?.address ?? ''

    await t.test('each owner has a network, and finds its containers there', async (t) => {
      t.equal(mine.networks[0]?.name, sister.networks[0]?.name)
      t.not(mine.networks[0]?.name, other.networks[0]?.name)
      t.equal(await reaches(`${sister.name}:5000`), 'I am sister', 'by name')
      t.equal(await reaches(`${addressOf(sister)}:5000`), 'I am sister')
    })

    const barred = async (t: Test, from = mine) => {
      const targets = {
        "another owner's container": `${addressOf(other)}:5000`,
        'its published port': `${MACHINE}:${hostPort(other)}`,
        'its published port by the gateway': `${await gateway(from)}:${hostPort(other)}`,
        'its published port by the gateway of its network': `${await gateway(other)}:${hostPort(other)}`,
        'the machine by the gateway': `${await gateway(from)}:${closedPort}`,
        'the machine by its address': `${MACHINE}:${closedPort}`,
        'a private network': PRIVATE,
        'another port of what is listed': `${LISTED}:81`,
        'the metadata service': METADATA
      }
      const found = await Promise.all(
        Object.entries(targets).map(async ([what, target]) => [what, await reaches(target, from)])
      )
      t.strictSame(
        found,
        Object.keys(targets).map((what) => [what, undefined])
      )
    }

    await t.test('no unlisted address is reachable', (t) => barred(t))

    await t.test('the internet and listed addresses are reachable', async (t) => {
      t.equal(await reaches(INTERNET), `this is ${INTERNET}`)
      t.equal(await reaches(LISTED), `this is ${LISTED}`)
      t.equal(await reaches(`${MACHINE}:${openPort}`), 'this is the machine')
    })

    await t.test('published ports are open to clients outside and on the machine', async (t) => {
      for (const [container, said] of [
        [mine, 'I am red'],
        [other, 'I am blue']
      ] as const) {
        t.equal(await askFromOutside(`http://${MACHINE}:${hostPort(container)}/`), said)
        t.equal(await (await fetch(`http://127.0.0.1:${hostPort(container)}/`)).text(), said)
      }
    })

    await t.test('networks created by owners are isolated, too', async (t) => {
      const [shop, shared] = [unique('shop'), unique('shared')]
      const headers = bearer(red)
      t.equal((await server.post<Network>('/networks', { name: shop }, { headers })).status, 201)
      const keeper = await make(red, 'keeper', { network: shop })
      await barred(t, keeper)
      t.equal(
        (await server.post<Network>('/networks', { name: shared, shared: true }, { headers: bearer(blue) })).status,
        201
      )
      for (const [network, code] of [
        [shared, 'POLICY_REFUSED'],
        [other.networks[0]?.name ?? '', 'NETWORK_NOT_FOUND'],
        ['bridge', 'INVALID_REQUEST']
      ] as const)
        t.match((await server.create({ network }, { headers })).body, { code }, network)
      t.equal(
        (await server.create({ network: mine.networks[0]?.name ?? '' }, as)).body.code,
        'POLICY_REFUSED',
        'nor may an admin'
      )
      t.equal((await server.create({ network: 'none', ports: [], command: ['sleep', '9'] }, { headers })).status, 201)
    })

    await t.test('removed rules come back', async (t) => {
      execFileSync('iptables', ['-t', 'mangle', '-F'])
      t.equal(await reaches(`${MACHINE}:${closedPort}`), 'this is the machine', 'the walls were theirs')
      await eventually(() =>
        assert.match(execFileSync('iptables', ['-t', 'mangle', '-S', 'INPUT'], { encoding: 'utf8' }), /BERTH-INPUT/)
      )
      await barred(t)
    })

    await t.test('the isolation holds after a restart of the engine', async (t) => {
      await kill()
      await start()
      await eventually(async () => {
        for (const { id } of [mine, other])
          assert.equal((await server.post(`/containers/${id}/start`, {}, as)).status, 200)
      })
      await barred(t)
    })
  })
}
