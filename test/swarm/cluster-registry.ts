// An image built on the manager, with a registry of the cluster that requires a login.

import type { Test } from 'tap'
import { endOf } from '../helpers/builds.ts'
import { IMAGE } from '../helpers/engine.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { LOGIN, startRegistry } from '../helpers/registry.ts'
import { SLEEPER } from '../helpers/server.ts'
import type { Lab } from './lab.ts'
import { startSwarmServer } from './server.ts'

const NAME = 'berth-test/cluster:1'
const ON_WORKER = { image: NAME, command: SLEEPER, constraints: ['node.hostname == n3'] }

export async function clusterRegistry(t: Test, lab: Lab): Promise<void> {
  const registry = await startRegistry(t, { login: true, address: lab.hostAddress })
  const server = await startSwarmServer(t, lab, {
    env: {
      BERTH_SWARM_REGISTRY: `${registry.host}/team`,
      DOCKERHUB_NAMESPACE: registry.host,
      DOCKERHUB_USERNAME: LOGIN.username,
      DOCKERHUB_PASSWORD: LOGIN.password
    }
  })
  const form = buildForm(`FROM ${IMAGE}\nRUN echo here > /built\n`, {
    image_name: 'berth-test/cluster',
    image_tag: '1'
  })
  const sent = await fetch(`${server.url}/builds`, {
    method: 'POST',
    headers: { 'content-type': FORM_TYPE },
    body: form
  })
  const { id } = (await sent.json()) as { id: string }
  t.match(await endOf(server, id), { status: 'completed' })

  const made = await server.create({ name: 'shared', ...ON_WORKER })
  t.match(made, { status: 201, body: { image: NAME, node: { name: 'n3' } } }, made.text)
  t.notMatch(made.text, /No known registry/)
  const said = await server.post('/containers/shared/exec', { command: ['cat', '/built'] })
  t.match(said.body, { stdout: 'here\n' }, said.text)
  const [service] = (await lab.manager.engine.listServices({ filters: { name: ['shared'] } })) as {
    Spec: { TaskTemplate: { ContainerSpec: { Image: string } } }
  }[]
  const ran = service?.Spec.TaskTemplate.ContainerSpec.Image ?? ''
  t.match(ran, new RegExp(`^${registry.host}/team/berth-test/cluster:[0-9a-f]{12}@sha256:[0-9a-f]{64}$`))

  const shown = ran.replace(/@.*/, '')
  const named = await server.create({
    name: 'named',
    image: shown,
    command: SLEEPER,
    constraints: ['node.hostname == n2']
  })
  t.match(named, { status: 201, body: { image: shown, node: { name: 'n2' } } }, `by its name there: ${named.text}`)

  await registry.kill()
  const again = await server.create({ name: 'again', ...ON_WORKER })
  t.equal(again.status, 201, `it is there already: ${again.text}`)
  const fresh = await server.create({ image: IMAGE, command: SLEEPER })
  t.match(fresh, { status: 502, body: { code: 'REGISTRY_UNAVAILABLE' } }, 'an image that cannot get there runs nowhere')
  for (const name of ['shared', 'named', 'again']) await server.delete(`/containers/${name}?force=true`)
}
