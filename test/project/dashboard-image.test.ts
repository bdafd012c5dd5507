// The image of the server builds the dashboard from the files that its Dockerfile copies; others are missing there.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const PROJECT = join(import.meta.dirname, '../..')

t.test('the first stage of Dockerfile.orchestration has every source of the page', async (t) => {
  const [, stage = ''] = readFileSync(join(PROJECT, 'Dockerfile.orchestration'), 'utf8').split(/^FROM .*$/m)
  const folder = t.testdir({})
  for (const [, line = ''] of stage.matchAll(/^COPY (.+)$/gm)) {
    const names = line.split(' ').filter((name) => !name.includes('*'))
    const target = join(folder, names.pop() ?? '')
    for (const name of names) {
      const isFolder = name.endsWith('/')
      cpSync(join(PROJECT, name), isFolder ? target : join(target, name.split('/').at(-1) ?? ''), { recursive: true })
    }
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'))
  const { NODE_OPTIONS: _loaderOfTap, ...env } = process.env
  execFileSync(process.execPath, ['scripts/dashboard.ts'], { cwd: folder, env })
  t.ok(existsSync(join(folder, 'dist/dashboard/index.html')))
})
