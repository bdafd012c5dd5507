// Files that follow from the code. `npm run docs` writes them, and this test checks them.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { pythonClientOf } from '../../scripts/python-client.ts'
import { cliPage } from '../../scripts/cli-page.ts'
import { clientOf, type ApiDocument } from '../../scripts/typescript-client.ts'
import { SETTING_LIST } from '../../src/config.ts'
import { build } from '../helpers/build.ts'

const ROOT = join(import.meta.dirname, '../..')
const isWriting = process.env.WRITE_DOCS !== undefined
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }

const SETTINGS_HEAD = `# Settings

Berth reads environment variables and, with \`npm start\` and \`npm run dev\`, a file \`.env\` in the project's folder
([.env.example](../.env.example) is a template). The server refuses to start on an invalid value and names the variable.

| Setting | Default | Meaning |
|---|---|---|
`
const ENV_HEAD = `# Settings of Berth with their defaults. Copy this file to .env and uncomment the lines you want to change.
# npm start and npm run dev read .env from the project's folder; docker-compose.yml hands every one on.
`

function settingsPage(): string {
  const rows = SETTING_LIST.map(({ env, default: value, description }) =>
    [`| \`${env}\``, value === '' ? '' : ` \`${value}\``, ` ${description} |`].join(' |')
  )
  return `${SETTINGS_HEAD}${rows.join('\n')}\n`
}

function envExample(): string {
  const entries = SETTING_LIST.map(({ env, default: value, description }) => `# ${description}\n#${env}=${value}\n`)
  return [ENV_HEAD, ...entries].join('\n')
}

function isUpToDate(t: Test, file: string, text: string): void {
  const path = join(ROOT, file)
  if (isWriting) writeFileSync(path, text)
  t.equal(readFileSync(path, 'utf8'), text, `${file}: run npm run docs`)
}

t.test('docs/settings.md and .env.example', async (t) => {
  isUpToDate(t, 'docs/settings.md', settingsPage())
  isUpToDate(t, '.env.example', envExample())
})

t.test('docs/openapi.json, and the files generated from it for the clients', async (t) => {
  const { get } = await build(t, { version })
  const document = (await get('/openapi.json')).json<ApiDocument>()
  isUpToDate(t, 'docs/openapi.json', `${JSON.stringify(document, null, 2)}\n`)
  isUpToDate(t, 'src/client/api.ts', clientOf(document))
  isUpToDate(t, 'clients/python/berth/api.py', pythonClientOf(document))
})

t.test('docs/cli.md', async (t) => {
  isUpToDate(t, 'docs/cli.md', cliPage())
})
