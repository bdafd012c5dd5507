import t from 'tap'
import { inspectDockerfile } from '../../../src/builds/context/intake.ts'
import { tarOf } from '../../helpers/archives.ts'
import { intake } from '../../helpers/contexts.ts'

const { file, take } = intake(t)

t.test('a Dockerfile that is a link, or a folder', async (t) => {
  await take(
    await tarOf(
      { name: 'Dockerfile', type: 'symlink', linkname: 'docker/Dockerfile' },
      { name: 'docker', type: 'directory' },
      { name: 'docker/Dockerfile', content: 'FROM x' }
    )
  )
  await t.rejects(inspectDockerfile(file, 'Dockerfile', {}), { message: /is a link; give the path of the file/ })
  await t.rejects(inspectDockerfile(file, 'docker', {}), { message: /"docker" in the context is a directory/ })
})

t.test('the Dockerfile of a context', async (t) => {
  await take(await tarOf({ name: 'a', content: 'FROM x' }, { name: './deep/my.Dockerfile', content: 'ARG B\nFROM $B' }))
  t.same(await inspectDockerfile(file, 'deep/my.Dockerfile', { B: 'y' }), {
    problems: [],
    baseImages: ['y'],
    allImages: ['y'],
    readers: [],
    remoteSources: []
  })
  t.same(await inspectDockerfile(file, './deep//my.Dockerfile', {}), {
    problems: [],
    baseImages: ['$B'],
    allImages: ['$B'],
    readers: [],
    remoteSources: []
  })
  for (const missing of ['Dockerfile', 'deep', 'DEEP/my.Dockerfile', 'a/b'])
    await t.rejects(inspectDockerfile(file, missing, {}), { code: 'INVALID_CONTEXT', message: /There is no file/ })
  for (const outside of ['../Dockerfile', '/etc/passwd'])
    await t.rejects(inspectDockerfile(file, outside, {}), { code: 'INVALID_CONTEXT' })
})
