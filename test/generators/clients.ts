// Programs as a user of each generator writes them: create a container, find it in the list, watch, get an error, remove it.

export type Client = { name: string; generate: string[]; program: string }

const WATCH = `
async function watch(base: string): Promise<string> {
  const answer = await fetch(base + '/events?since=1h&container=generated', { headers: { accept: 'text/event-stream' } })
  const { value = '' } = await answer.body!.pipeThrough(new TextDecoderStream()).getReader().read()
  return /^event: (.*)$/m.exec(value)?.[1] ?? 'nothing'
}
function must(isFine: boolean, what: string): void {
  if (!isFine) throw new Error(what)
}
const [, , base = ''] = process.argv
`

export const CLIENTS: Client[] = [
  {
    name: 'openapi-typescript',
    generate: ['openapi-typescript', 'openapi.json', '-o', 'openapi-typescript/types.ts'],
    program: `
import createClient from 'openapi-fetch'
import type { components, paths } from './openapi-typescript/types.ts'
${WATCH}
const client = createClient<paths, 'application/json' | 'application/problem+json'>({ baseUrl: base })
const body: components['schemas']['CreateContainer'] = { name: 'generated', wait: 'running' }
const made = await client.POST('/containers', { body })
must(made.data?.name === 'generated', 'made')
const listed = await client.GET('/containers', { params: { query: { name: 'generated' } } })
must(listed.data?.length === 1, 'listed')
must((await watch(base)) === 'container.created', 'watched')
const failed = await client.GET('/containers/{id}', { params: { path: { id: 'nobody' } } })
must(failed.error?.code === 'CONTAINER_NOT_FOUND', 'failed')
const removed = await client.DELETE('/containers/{id}', { params: { path: { id: 'generated' }, query: { force: true } } })
must(removed.data?.removed === true, 'removed')
process.exit()
`
  },
  {
    name: '@hey-api/openapi-ts',
    generate: ['openapi-ts', '-i', 'openapi.json', '-o', 'hey-api'],
    program: `
import { client } from './hey-api/client.gen.ts'
import { createContainer, getContainer, listContainers, removeContainer } from './hey-api/sdk.gen.ts'
${WATCH}
client.setConfig({ baseUrl: base })
const made = await createContainer({ body: { name: 'generated', wait: 'running' } })
must(made.data?.name === 'generated', 'made')
must((await listContainers({ query: { name: 'generated' } })).data?.length === 1, 'listed')
must((await watch(base)) === 'container.created', 'watched')
const failed = await getContainer({ path: { id: 'nobody' } })
must(failed.error?.code === 'CONTAINER_NOT_FOUND', 'failed')
must((await removeContainer({ path: { id: 'generated' }, query: { force: true } })).data?.removed === true, 'removed')
process.exit()
`
  },
  {
    name: 'orval',
    generate: ['orval', '--config', 'orval.config.cjs'],
    program: `
import { createContainer, getContainer, listContainers, removeContainer } from './orval/api.ts'
${WATCH}
const made = await createContainer({ name: 'generated', wait: 'running' })
must(made.status === 201 && made.data.name === 'generated', 'made')
const listed = await listContainers({ name: 'generated' })
must(listed.status === 200 && listed.data.length === 1, 'listed')
must((await watch(base)) === 'container.created', 'watched')
const failed = await getContainer('nobody')
must(failed.status === 404 && failed.data.code === 'CONTAINER_NOT_FOUND', 'failed')
const removed = await removeContainer('generated', { force: true })
must(removed.status === 200 && removed.data.removed, 'removed')
process.exit()
`
  },
  {
    name: 'oazapfts',
    generate: ['oazapfts', 'openapi.json', 'oazapfts.ts'],
    program: `
import { createContainer, defaults, getContainer, listContainers, removeContainer } from './oazapfts.ts'
${WATCH}
defaults.baseUrl = base
const made = await createContainer({ name: 'generated', wait: 'running' })
must(made.status === 201 && made.data.name === 'generated', 'made')
const listed = await listContainers({ name: 'generated' })
must(listed.status === 200 && listed.data.length === 1, 'listed')
must((await watch(base)) === 'container.created', 'watched')
const failed = await getContainer('nobody')
must(failed.status === 404 && failed.data.code === 'CONTAINER_NOT_FOUND', 'failed')
const removed = await removeContainer('generated', { force: true })
must(removed.status === 200 && removed.data.removed, 'removed')
process.exit()
`
  },
  {
    name: 'openapi-zod-client',
    generate: ['openapi-zod-client', 'openapi.json', '-o', 'zod-client.ts', '--with-alias'],
    program: `
import { createApiClient } from './zod-client.ts'
${WATCH}
const client = createApiClient(base)
const made = await client.createContainer({ name: 'generated', wait: 'running' })
must(made.name === 'generated', 'made')
must((await client.listContainers({ queries: { name: 'generated' } })).length === 1, 'listed')
must((await watch(base)) === 'container.created', 'watched')
const code = await client.getContainer({ params: { id: 'nobody' } }).then(
  () => undefined,
  (error: { response?: { data?: { code?: string } } }) => error.response?.data?.code
)
must(code === 'CONTAINER_NOT_FOUND', 'failed')
const removed = await client.removeContainer(undefined, { params: { id: 'generated' }, queries: { force: true } })
must(removed.removed === true, 'removed')
process.exit()
`
  }
]
