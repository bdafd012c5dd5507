// The values of the create form, and the body derived from them. Pure.

import type { CreateContainer } from '../../../../client/api.ts'

export type Pair = { name: string; value: string }
export type Form = {
  name: string
  image: string
  ports: string
  env: Pair[]
  volumes: Pair[]
  labels: Pair[]
  command: string
  memory: string
  cpus: string
  storage_size: string
  readOnly: boolean
  runtime: string
  restart: NonNullable<CreateContainer['restart']>
  network: string
  ttl: string
  wait: NonNullable<CreateContainer['wait']>
}

export const EMPTY: Form = {
  name: '',
  image: '',
  ports: '',
  env: [],
  volumes: [],
  labels: [],
  command: '',
  memory: '',
  cpus: '',
  storage_size: '',
  readOnly: false,
  runtime: '',
  restart: 'no',
  network: '',
  ttl: '',
  wait: 'port'
}

/** Only values that differ from the server's defaults. */
export function bodyFrom(form: Form): CreateContainer {
  const body: CreateContainer = {}
  if (form.name) body.name = form.name
  if (form.image) body.image = form.image
  const ports = form.ports.split(/[\s,]+/).filter(Boolean)
  if (ports.length > 0) body.ports = ports.map((text) => (text.includes(':') ? text : { container_port: Number(text) }))
  const env = form.env.filter(({ name }) => name)
  if (env.length > 0) body.env = Object.fromEntries(env.map(({ name, value }) => [name, value]))
  const volumes = form.volumes.filter(({ name, value }) => name && value)
  if (volumes.length > 0) body.volumes = volumes.map(({ name, value }) => ({ source: name, target: value }))
  const labels = form.labels.filter(({ name }) => name)
  if (labels.length > 0) body.labels = Object.fromEntries(labels.map(({ name, value }) => [name, value]))
  if (form.command) body.command = form.command
  if (form.memory) body.memory = form.memory
  if (form.cpus) body.cpus = Number(form.cpus)
  if (form.storage_size) body.storage_size = form.storage_size
  if (form.readOnly) body.read_only = true
  if (form.runtime) body.runtime = form.runtime
  if (form.restart !== 'no') body.restart = form.restart
  if (form.network) body.network = form.network
  if (form.ttl) body.ttl = form.ttl
  body.wait = form.wait
  return body
}

/** The form that would send this body. */
export function formFrom(body: CreateContainer): Form {
  const { ports, env = {}, volumes = [], labels = {}, command, cpus } = body
  return {
    ...EMPTY,
    image: body.image ?? '',
    ports: Array.isArray(ports)
      ? ports.map((each) => (typeof each === 'string' ? each : each.container_port)).join(', ')
      : '',
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    labels: Object.entries(labels).map(([name, value]) => ({ name, value })),
    volumes: volumes.map(({ source, target }) => ({ name: source, value: target })),
    command: Array.isArray(command) ? command.map(quoted).join(' ') : (command ?? ''),
    memory: written(body.memory),
    cpus: cpus === undefined ? '' : String(cpus),
    storage_size: written(body.storage_size),
    readOnly: body.read_only ?? false,
    runtime: body.runtime ?? '',
    restart: body.restart ?? 'no',
    network: body.network ?? '',
    wait: ports === undefined ? 'running' : 'port'
  }
}

function written(size: number | string | undefined = ''): string {
  return typeof size === 'number' ? `${Math.round(size / 1024 ** 2)}m` : size
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
