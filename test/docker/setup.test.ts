// scripts/setup.mjs in a copy of the repository, on its own engine: it builds the image of the default workload,
// and never replaces an image of the user.

import { execFile, execFileSync } from 'node:child_process'
import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { makeFolder } from '../helpers/folder.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'

const PROJECT = join(import.meta.dirname, '../..')
const IMAGE = 'base-api-server:latest'

t.test('the image of the default workload', { skip: noPrivateEngine }, async (t) => {
  const { engine, socket } = await startPrivateEngine(t)
  const folder = copyOfRepository()
  t.teardown(() => rmSync(folder, { recursive: true }))

  const setUp = async () => {
    const { NODE_OPTIONS: _loaderOfTap, ...rest } = process.env
    const env = { ...rest, DOCKER_HOST: `unix://${socket}`, NODE_IMAGE: 'berth/node:24-local' }
    return (await promisify(execFile)(process.execPath, ['scripts/setup.mjs'], { cwd: folder, env })).stdout
  }
  const id = async () => (await engine.getImage(IMAGE).inspect()).Id
  const changeSources = () => appendFileSync(join(folder, 'images/base-api-server/src/server.ts'), '\n')

  t.match(await setUp(), /^setup: building base-api-server:latest on .* \(\d+ s\)$/m, 'is built if there is none')
  t.equal(await setUp(), '', 'and then left unchanged')
  const first = await id()
  changeSources()
  t.match(await setUp(), /building/, 'is rebuilt when its sources change')
  t.not(await id(), first)

  const theirs = {
    'made from ours': 'LABEL by=me',
    'built without this script': 'LABEL io.berth.sources=unknown'
  }
  for (const [what, changes] of Object.entries(theirs)) {
    const container = await engine.createContainer({ Image: IMAGE })
    await container.commit({ repo: 'base-api-server', tag: 'latest', changes })
    await container.remove()
    const own = await id()
    changeSources()
    const said = await setUp()
    t.match(said, /^setup: .* left as it is; .* docker rmi base-api-server:latest/, `one ${what} stays`)
    t.equal(said.trim().split('\n').length, 1, 'which takes one line')
    t.equal(await id(), own)
  }
})

/** A copy of the files in git, with the existing packages. */
function copyOfRepository(): string {
  const folder = makeFolder('setup')
  const files = execFileSync('git', ['ls-files', 'scripts', 'src', 'images', '*.json', 'Dockerfile.base'], {
    cwd: PROJECT
  })
  execFileSync('tar', ['-C', folder, '-x'], {
    input: execFileSync('tar', ['-c', '--files-from=-'], { cwd: PROJECT, input: files, maxBuffer: 1e9 })
  })
  for (const packages of ['node_modules', 'images/base-api-server/node_modules'])
    execFileSync('cp', ['-a', '--link', join(PROJECT, packages), join(folder, packages)])
  return folder
}
