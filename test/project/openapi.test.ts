// The OpenAPI document, checked by Redocly's linter: no error, and no warning that is not answered in redocly.yaml.

import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { build } from '../helpers/build.ts'

const ROOT = join(import.meta.dirname, '../..')

type Finding = { ruleId: string; severity: string; message: string; location: { pointer?: string }[] }

t.test('Redocly finds nothing', async (t) => {
  const { get } = await build(t)
  const file = join(t.testdir({}), 'openapi.json')
  writeFileSync(file, JSON.stringify((await get('/openapi.json')).json()))
  const lint = promisify(execFile)(
    process.execPath,
    [
      join(ROOT, 'node_modules/@redocly/cli/bin/cli.js'),
      'lint',
      '--format=json',
      '--config',
      join(ROOT, 'redocly.yaml'),
      file
    ],
    { env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }, maxBuffer: 1e8 }
  )
  const { stdout } = await lint.catch((failed: { stdout: string }) => failed)
  const { problems } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { problems: Finding[] }
  t.strictSame(
    problems.map(
      ({ severity, ruleId, message, location }) => `${severity} ${ruleId} ${location[0]?.pointer}: ${message}`
    ),
    []
  )
})

t.test('the document has the version of the server', async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const { get } = await build(t, { version })
  const { info, openapi } = (await get('/openapi.json')).json()
  t.equal(info.version, version)
  t.match(openapi, /^3\.1\./)
})

t.test('every reference leads somewhere, and every component is used', async (t) => {
  const { get } = await build(t)
  const document = (await get('/openapi.json')).json()
  const used = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1])
  const names = Object.keys(document.components.schemas)
  t.strictSame([...new Set(used)].toSorted(), names.map((name) => `#/components/schemas/${name}`).toSorted())
})
