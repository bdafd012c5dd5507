// Documents must match the code that they describe.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { ERRORS } from '../../src/errors.ts'
import { NODE_FLAGS } from '../helpers/server.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const documents = globSync('**/*.md', {
  cwd: ROOT,
  exclude: (path) => /(^|\/)(node_modules|\.tap|\.git|data|dist)$/.test(path)
}).toSorted()
const { version, scripts } = JSON.parse(read('package.json')) as { version: string; scripts: Record<string, string> }

/** Code blocks contain links and headings that are not the document's own. */
const withoutCode = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')

t.test('docs/errors.md has a section for each code, in the order of the catalogue', async (t) => {
  const headings = [...read('docs/errors.md').matchAll(/^## (\S+)$/gm)].map((match) => match[1])
  t.strictSame(headings, Object.keys(ERRORS))
})

t.test('docs/errors.md has the status of each code', async (t) => {
  for (const section of read('docs/errors.md').split(/^## /m).slice(1)) {
    const code = section.split('\n', 1)[0] as keyof typeof ERRORS
    t.match(section, `Status ${ERRORS[code].status}`, code)
  }
})

t.test('the server is started with the same flags everywhere', async (t) => {
  t.match(scripts.start, ` node ${NODE_FLAGS.join(' ')} `, 'npm start')
  const command = JSON.stringify(['node', ...NODE_FLAGS, 'src/server.ts']).replaceAll(',', ', ')
  t.match(read('Dockerfile.orchestration'), `CMD ${command}`, 'in the container')
})

t.test('every command of a document exists', async (t) => {
  for (const file of documents) {
    for (const [, name = ''] of read(file).matchAll(/\bnpm run ([\w:-]+)/g))
      t.ok(name in scripts, `${file}: npm run ${name}`)
    for (const [, name = ''] of read(file).matchAll(/\bnpm (start|test)\b/g))
      t.ok(name in scripts, `${file}: npm ${name}`)
  }
})

t.test('every file that a document links exists', async (t) => {
  for (const file of documents) {
    for (const [, link = ''] of withoutCode(read(file)).matchAll(/\]\((?!https?:|mailto:|#)([^)\s]+)\)/g)) {
      const [path = '', anchor] = link.split('#')
      const target = join(ROOT, dirname(file), path)
      t.ok(existsSync(target), `${file}: ${link}`)
      if (anchor !== undefined && existsSync(target))
        t.ok(anchorsOf(readFileSync(target, 'utf8')).includes(anchor), `${file}: #${anchor}`)
    }
    for (const [, anchor = ''] of withoutCode(read(file)).matchAll(/\]\(#([^)\s]+)\)/g))
      t.ok(anchorsOf(read(file)).includes(anchor), `${file}: #${anchor}`)
  }
})

/** As GitHub generates them. */
function anchorsOf(text: string): string[] {
  const headings = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)]
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
  )
}

t.test('source files that documents name exist', async (t) => {
  for (const file of documents.filter((name) => name !== 'CHANGELOG.md')) {
    for (const [, path = ''] of read(file).matchAll(/`((?:src|test|scripts|docs|images)\/[\w./-]+\.\w+)`/g))
      t.ok(existsSync(join(ROOT, path)), `${file}: ${path}`)
  }
})

t.test('the version is the same everywhere', async (t) => {
  const [, newest] = /^## (?:\[)?(\d+\.\d+\.\d+)/m.exec(read('CHANGELOG.md')) ?? []
  t.equal(newest, version, 'the top entry of CHANGELOG.md')
  const lock = JSON.parse(read('package-lock.json')) as {
    version: string
    packages: Record<string, { version?: string }>
  }
  t.equal(lock.version, version)
  t.equal(lock.packages['']?.version, version)
})

t.test('package-lock.json names no registry, so any can be used', async (t) => {
  for (const file of ['package-lock.json', 'images/base-api-server/package-lock.json']) {
    t.notMatch(read(file), /"resolved": "https?:/, file)
    t.notMatch(read(file), /_authToken|_password/, file)
  }
})
