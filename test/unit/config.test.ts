import t from 'tap'
import { isPrivate, SETTING_LIST } from '../../src/config.ts'
import { ConfigError, loadConfig } from '../../src/load-config.ts'

const TOKEN = 'a'.repeat(32)

function problems(env: Record<string, string>): string[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

t.test('without any variable', async (t) => {
  const { config, warnings } = loadConfig({})
  t.match(config, {
    host: '127.0.0.1',
    port: 8000,
    portRange: { first: 8001, last: 8999 },
    defaultImage: 'base-api-server:latest',
    memoryDefault: 512 * 1024 ** 2,
    cpusDefault: 1,
    exec: false,
    logLevel: 'info'
  })
  t.equal(config.token, undefined)
  t.strictSame(warnings, [])
})

t.test('an empty variable counts as unset', async (t) => {
  t.equal(loadConfig({ BERTH_PORT: '', BERTH_HOST: '  ' }).config.port, 8000)
})

t.test('values', async (t) => {
  const table: [env: string, text: string, field: string, value: unknown][] = [
    ['BERTH_PORT', '9000', 'port', 9000],
    ['BERTH_PORT_RANGE', '9001-9001', 'portRange', { first: 9001, last: 9001 }],
    ['BERTH_PORT_RANGE', ' 9001 - 9010 ', 'portRange', { first: 9001, last: 9010 }],
    ['BERTH_RESERVED_PORTS', '8080, 8443,', 'reservedPorts', [8080, 8443]],
    ['BERTH_ALLOWED_HOSTS', 'berth.example , other', 'allowedHosts', ['berth.example', 'other']],
    ['BERTH_MEMORY_DEFAULT', '536870912', 'memoryDefault', 512 * 1024 ** 2],
    ['BERTH_MEMORY_DEFAULT', '64k', 'memoryDefault', 64 * 1024],
    ['BERTH_MEMORY_DEFAULT', '1.5G', 'memoryDefault', 1.5 * 1024 ** 3],
    ['BERTH_MEMORY_DEFAULT', '256 MB', 'memoryDefault', 256 * 1024 ** 2],
    ['BERTH_MEMORY_DEFAULT', '256MiB', 'memoryDefault', 256 * 1024 ** 2],
    ['BERTH_MEMORY_MAX', '2t', 'memoryMax', 2 * 1024 ** 4],
    ['BERTH_CPUS_DEFAULT', '0.5', 'cpusDefault', 0.5],
    ['BERTH_EXEC', 'TRUE', 'exec', true],
    ['BERTH_EXEC', '1', 'exec', true],
    ['BERTH_EXEC', 'off', 'exec', false],
    ['LOG_LEVEL', 'DEBUG', 'logLevel', 'debug'],
    ['LOG_LEVEL', 'Warn', 'logLevel', 'warn'],
    ['BERTH_LOG_FORMAT', 'JSON', 'logFormat', 'json'],
    ['BERTH_TOKEN', TOKEN, 'token', TOKEN],
    ['DOCKER_HOST', 'tcp://engine:2375', 'dockerHost', 'tcp://engine:2375'],
    ['DOCKER_TLS_VERIFY', '0', 'dockerTlsVerify', true]
  ]
  for (const [env, text, field, value] of table) {
    t.strictSame(loadConfig({ [env]: text }).config[field as 'port'], value, `${env}=${text}`)
  }
})

t.test('refused values', async (t) => {
  const table: [env: string, text: string, why: RegExp][] = [
    ['BERTH_PORT', '0', /from 1 to 65535/],
    ['BERTH_PORT', '65536', /from 1 to 65535/],
    ['BERTH_PORT', '80.5', /whole number/],
    ['BERTH_PORT', 'http', /from 1 to 65535/],
    ['BERTH_PORT_RANGE', '8001', /range such as/],
    ['BERTH_PORT_RANGE', '9000-8000', /range such as/],
    ['BERTH_PORT_RANGE', '8000-8001-8002', /range such as/],
    ['BERTH_PORT_RANGE', '8000-99999', /"99999" is not a port/],
    ['BERTH_PORT_RANGE', '0x10-8999', /"0x10" is not a port/],
    ['BERTH_RESERVED_PORTS', '8080,x', /"x" is not a port/],
    ['BERTH_MEMORY_DEFAULT', 'lots', /size such as/],
    ['BERTH_MEMORY_DEFAULT', '-1', /size such as/],
    ['BERTH_MEMORY_DEFAULT', '5p', /size such as/],
    ['BERTH_CPUS_DEFAULT', '0', /from 0.01/],
    ['BERTH_CPUS_DEFAULT', 'Infinity', /from 0.01/],
    ['BERTH_PIDS_MAX', '1.5', /whole number/],
    ['BERTH_EXEC', 'maybe', /true or false/],
    ['LOG_LEVEL', 'loud', /one of fatal, error/],
    ['BERTH_LOG_FORMAT', 'xml', /one of auto, json, pretty/]
  ]
  for (const [env, text, why] of table) {
    const [problem, ...more] = problems({ [env]: text })
    t.match(problem, why, `${env}=${text}`)
    t.match(problem, `${env} `, 'names the variable')
    t.match(problem, `"${text}"`, 'shows what it is')
    t.strictSame(more, [])
  }
})

t.test('every problem is reported at once', async (t) => {
  t.match(problems({ BERTH_PORT: 'x', BERTH_EXEC: 'x', LOG_LEVEL: 'x' }), [/^BERTH_PORT/, /^LOG_LEVEL/, /^BERTH_EXEC/])
})

t.test('a secret is not shown', async (t) => {
  const [problem] = problems({ BERTH_TOKEN: 'hunter2' })
  t.match(problem, /BERTH_TOKEN must have at least 32 characters/)
  t.notMatch(problem, 'hunter2')
})

t.test('an address that other machines can reach', async (t) => {
  const tls = { BERTH_TLS_CERT: 'cert.pem', BERTH_TLS_KEY: 'key.pem' }
  const reachable = [
    '0.0.0.0',
    '::',
    '::ffff:127.0.0.1',
    '192.168.0.5',
    '10.0.0.1',
    'example.com',
    '128.0.0.1',
    '127.1'
  ]
  for (const host of reachable) {
    t.match(problems({ BERTH_HOST: host, BERTH_TOKEN: TOKEN }), [/BERTH_TLS_CERT/], `${host} needs TLS`)
    t.strictSame(problems({ BERTH_HOST: host, ...tls }), [], `${host} with a certificate`)
    t.strictSame(problems({ BERTH_HOST: host, BERTH_TLS_TERMINATED: 'true' }), [], `${host} behind a proxy`)
    t.strictSame(problems({ BERTH_HOST: host, BERTH_SOCKET: '/run/berth.sock' }), [], 'the address is not used')
    t.notOk(isPrivate(loadConfig({ BERTH_HOST: host, ...tls }).config), host)
  }
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', 'localhost']) {
    t.strictSame(problems({ BERTH_HOST: host }), [], `${host} needs none`)
    t.ok(isPrivate(loadConfig({ BERTH_HOST: host }).config), host)
  }
  t.ok(isPrivate(loadConfig({ BERTH_HOST: '0.0.0.0', BERTH_SOCKET: '/run/berth.sock' }).config), 'a unix socket')
})

t.test('a certificate and its key require each other', async (t) => {
  t.match(problems({ BERTH_TLS_CERT: 'cert.pem' }), [/belong together/])
  t.match(problems({ BERTH_TLS_KEY: 'key.pem' }), [/belong together/])
})

t.test('BERTH_AGENT_PORT and BERTH_SWARM_NODE_PORT exclude each other', async (t) => {
  const engines = { BERTH_SWARM_NODE_PORT: '2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }
  t.match(problems({ ...engines, BERTH_AGENT_PORT: '2378' }), [/two ways to the same nodes/])
  t.match(problems({ BERTH_SWARM_NODE_PORT: '2376' }), [/needs DOCKER_TLS_VERIFY and DOCKER_CERT_PATH/])
})

t.test('a default above its ceiling is refused', async (t) => {
  t.match(
    problems({
      BERTH_MEMORY_MAX: '256m',
      BERTH_CPUS_DEFAULT: '9',
      BERTH_PIDS_DEFAULT: '5000',
      BERTH_NOFILE_DEFAULT: '2000000'
    }),
    [
      /BERTH_MEMORY_DEFAULT is above/,
      /BERTH_CPUS_DEFAULT is above/,
      /BERTH_PIDS_DEFAULT is above/,
      /BERTH_NOFILE_DEFAULT is above/
    ]
  )
})

t.test('an unset limit of open files is left to the engine', async (t) => {
  t.equal(loadConfig({}).config.nofileDefault, undefined)
  t.equal(loadConfig({ BERTH_NOFILE_DEFAULT: '4096' }).config.nofileDefault, 4096)
  t.match(problems({ BERTH_NOFILE_DEFAULT: '63' }), [/BERTH_NOFILE_DEFAULT must be a number from 64 to/])
  t.match(problems({ BERTH_NOFILE_DEFAULT: 'many' }), [/BERTH_NOFILE_DEFAULT must be a number from 64 to/])
})

t.test('an unknown BERTH_ variable is a warning, another program’s is not', async (t) => {
  const { warnings } = loadConfig({ BERTH_PROT: '1', BERTH_PORT: '8000', PATH: '/bin', PORT: '1' })
  t.match(warnings, [/^BERTH_PROT is not a setting .*; is BERTH_PORT meant\?$/])
  t.equal(warnings.length, 1)
})

t.test('the settings cannot be changed afterwards', async (t) => {
  const { config } = loadConfig({})
  t.throws(() => Object.assign(config, { port: 1 }))
})

t.test('every default is one of its own allowed values', async (t) => {
  for (const setting of SETTING_LIST) t.doesNotThrow(() => setting.parse(setting.default), setting.env)
})

t.test('a variable is read by one setting only', async (t) => {
  const names = SETTING_LIST.map(({ env }) => env)
  t.strictSame(names, [...new Set(names)])
})
