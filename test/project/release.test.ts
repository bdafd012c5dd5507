// Refusals of `npm run release`, in a repository with only the files that it checks first, and the notes that it writes.

import { execFile, execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { notesOf } from '../../scripts/release.ts'
import { makeFolder } from '../helpers/folder.ts'

const SCRIPT = join(import.meta.dirname, '../../scripts/release.ts')

t.test('a tag on a commit that is not ready for a release is refused', async (t) => {
  const folder = makeFolder('release')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const git = (...argv: string[]) => execFileSync('git', argv, { cwd: folder, stdio: 'pipe' })
  const tag = (name: string, version: string, title: string) => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ version }))
    writeFileSync(join(folder, 'CHANGELOG.md'), `# Changes\n\n## ${title}\n\n- All of it.\n`)
    git('add', '.')
    git('-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '--quiet', '--message', name)
    git('tag', name)
  }
  git('init', '--quiet')
  tag('v1.0.0', '1.0.0', '1.0.0 - Unreleased')
  tag('v1.1.0', '1.0.0', '1.1.0 - 2026-01-31')
  tag('v1.2.0', '1.2.0', '1.1.0 - 2026-01-31')
  const refused: [tag: string, says: RegExp][] = [
    ['v1.0.0', /calls the version "1\.0\.0 - Unreleased"\. Write the day .* "## 1\.0\.0 - 2026-01-31", commit/],
    ['v1.1.0', /has the version 1\.0\.0 in package\.json/],
    ['v1.2.0', /has no section for 1\.2\.0/],
    ['v2.0.0', /There is no tag v2\.0\.0/]
  ]
  for (const [name, says] of refused) {
    const release = promisify(execFile)(process.execPath, [SCRIPT, name], { cwd: folder })
    await t.rejects(release, { code: 1, stderr: says }, name)
  }
  t.notOk(existsSync(join(folder, 'dist')), 'nothing is written')
  t.equal(String(git('worktree', 'list')).trim().split('\n').length, 1, 'no worktree is left')
})

t.test('the notes are the section of the version', async (t) => {
  const changes = '# Changes\n\n## 1.1.0 - 2026-02-01\n\n- New.\n\n## 1.0.0 - 2026-01-31\n\n### Part\n\n- Old.\n'
  t.equal(notesOf(changes, '1.1.0'), '# Berth 1.1.0\n\n- New.\n')
  t.equal(notesOf(changes, '1.0.0'), '# Berth 1.0.0\n\n### Part\n\n- Old.\n')
})
