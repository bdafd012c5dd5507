// Builds a release from a tag into dist/release: the tarball, the image, notes, checksums. Nothing is published: a person
// runs `npm publish` and `docker push`.

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lastLines, run } from './run.ts'
import { giveUp, say, SetupError } from './say.ts'
import { step } from './step.mjs'

const USAGE = 'npm run release -- v0.1.0 [--no-image]'

const DATED = /^\S+ - \d{4}-\d\d-\d\d$/

/** The section of a version in the change log, which has a date by then. Pure. */
export function notesOf(changes: string, version: string): string {
  const sections = changes.split(/^## /m).slice(1)
  const section = sections.find((text) => text.split(/\s/)[0] === version)
  if (section === undefined) throw new SetupError(`CHANGELOG.md has no section for ${version}.`)
  const [title = '', ...lines] = section.split('\n')
  if (!DATED.test(title))
    throw new SetupError(
      `CHANGELOG.md calls the version "${title}". Write the day of the release there, as in ` +
        `"## ${version} - 2026-01-31", commit that, and set the tag on that commit.`
    )
  return `# Berth ${version}\n${lines.join('\n')}`.trimEnd().concat('\n')
}

async function release(tag: string, withImage: boolean): Promise<void> {
  const version = tag.replace(/^v/, '')
  const out = join(process.cwd(), 'dist/release', version)
  const folder = mkdtempSync(join(tmpdir(), 'berth-release-'))
  try {
    await must('git', ['worktree', 'add', '--detach', folder, `refs/tags/${tag}`], `There is no tag ${tag}`)
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
    if (manifest.version !== version)
      throw new SetupError(`The tag ${tag} has the version ${manifest.version} in package.json.`)
    const notes = notesOf(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8'), version)
    rmSync(out, { recursive: true, force: true })
    mkdirSync(out, { recursive: true })
    writeFileSync(join(out, 'NOTES.md'), notes)
    // The packages of the clone, pinned by its lock file.
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
    await step('packing', () => must(process.execPath, ['scripts/package.ts'], 'The package could not be made', folder))
    for (const file of readdirSync(join(folder, 'dist')))
      if (file.endsWith('.tgz')) await must('cp', [join(folder, 'dist', file), out], 'It could not be copied')
    if (withImage) await step('building the image', () => saveImage(folder, version, out))
    const sums = readdirSync(out)
      .toSorted()
      .map((file) => `${sha256(join(out, file))}  ${file}`)
    writeFileSync(join(out, 'SHA256SUMS'), `${sums.join('\n')}\n`)
    say(`the release is in ${out}`)
  } finally {
    await run('git', ['worktree', 'remove', '--force', folder])
    rmSync(folder, { recursive: true, force: true })
  }
}

async function saveImage(folder: string, version: string, out: string): Promise<void> {
  const image = `berth:${version}`
  rmSync(join(folder, 'node_modules'))
  await must(
    'docker',
    ['build', '--file', join(folder, 'Dockerfile.orchestration'), '--tag', image, folder],
    'The image could not be built'
  )
  await must(
    'docker',
    ['save', '--output', join(out, `berth-${version}-image.tar`), image],
    'The image could not be saved'
  )
}

async function must(command: string, args: string[], problem: string, cwd?: string): Promise<void> {
  const [program, words] = cwd === undefined ? [command, args] : ['env', ['--chdir', cwd, command, ...args]]
  const { ok, output } = await run(program, words)
  if (!ok) throw new SetupError(`${problem}:\n${lastLines(output, 15)}`)
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

if (import.meta.main) {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      allowNegative: true,
      options: { image: { type: 'boolean', default: true } }
    })
    const [tag] = positionals
    if (tag === undefined) throw new SetupError(`Usage: ${USAGE}`)
    await release(tag, values.image)
  } catch (error) {
    giveUp(error)
  }
}
