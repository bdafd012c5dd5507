// BuildDockerImage with a path: only below the folders that the operator named.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildRpc, refusal } from '../helpers/grpc.ts'

const at = (value: string) => ({ case: 'dockerfilePath', value }) as const

t.test('a Dockerfile below a root is built with its folder as the context', async (t) => {
  const root = t.testdir({
    app: {
      Dockerfile: 'FROM scratch\nCOPY a.txt /\n',
      'Other.dockerfile': 'FROM scratch\n',
      'a.txt': 'a',
      sub: { b: '' }
    },
    empty: {}
  })
  symlinkSync('a.txt', join(root, 'app/link'))
  const { docker } = await buildRpc(t, { env: { BERTH_BUILD_ROOTS: root } })
  const whole = { context: { kind: 'tar', entries: 6 }, dockerfile: 'Dockerfile' }
  for (const path of [join(root, 'app/Dockerfile'), join(root, 'app'), join(root, 'empty/../app/Dockerfile')])
    t.match(
      await docker.buildDockerImage({ source: at(path), imageName: 'web' }),
      { success: true, build: whole },
      path
    )
  t.match(await docker.buildDockerImage({ source: at(join(root, 'app/Other.dockerfile')), imageName: 'web' }), {
    success: true,
    build: { dockerfile: 'Other.dockerfile' }
  })
  t.match(
    await docker.buildDockerImage({ source: at(join(root, 'app')), dockerfile: 'Other.dockerfile', imageName: 'web' }),
    {
      build: { dockerfile: 'Other.dockerfile' }
    }
  )
})

t.test('other paths are refused, and the error says what to do instead', async (t) => {
  const folder = t.testdir({ root: {}, elsewhere: { Dockerfile: 'FROM scratch\n' } })
  const root = join(folder, 'root')
  symlinkSync('../elsewhere', join(root, 'out'))
  mkdirSync(join(root, 'app'))
  writeFileSync(join(root, 'app/notes.txt'), 'Dear Sir or Madam,\n')
  const { docker } = await buildRpc(t, {
    env: { BERTH_BUILD_ROOTS: `/nowhere,${root}` }
  })
  for (const [path, message] of [
    [join(folder, 'elsewhere/Dockerfile'), /not below a folder of BERTH_BUILD_ROOTS.*dockerfile_text/],
    [join(folder, 'elsewhere/none'), /not below a folder/],
    [join(root, 'out/Dockerfile'), /not below a folder/],
    [`${root}/../elsewhere/Dockerfile`, /not below a folder/],
    [root, /not below a folder/],
    ['Dockerfile', /absolute path/],
    [join(root, 'app/none'), /nothing at/],
    [join(root, 'app'), /no file "Dockerfile"/],
    [join(root, 'app/notes.txt'), /no Dockerfile/]
  ] as const) {
    const refused = await refusal(docker.buildDockerImage({ source: at(path), imageName: 'web' }))
    t.match(refused, { status: 'InvalidArgument', message }, path)
  }
})

t.test('without roots no path is accepted', async (t) => {
  const { docker } = await buildRpc(t)
  t.match(await refusal(docker.buildDockerImage({ source: at('/etc/passwd'), imageName: 'web' })), {
    status: 'InvalidArgument',
    fields: ['dockerfile_path'],
    message: /BERTH_BUILD_ROOTS names no folder/
  })
})
