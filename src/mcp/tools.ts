// Every tool. The API decides what a tool may do: by token, owner, scope, policy and settings.

import { Type } from '@sinclair/typebox'
import type { Container, Image } from '../client/api.ts'
import { cutRows, cutText } from './cut.ts'
import { buildTool } from './build-tool.ts'
import { beginningOf } from './files.ts'
import { runTool } from './run-tool.ts'
import { container, only, tool, type Tool } from './tool.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))

const briefly = ({ id, name, state, health, image, url, ports, created, labels, managed }: Container) => ({
  id,
  name,
  state,
  health,
  image,
  url,
  ports,
  created,
  labels,
  managed
})

export const TOOLS: readonly Tool[] = [
  runTool,
  tool({
    name: 'list_containers',
    title: 'List containers',
    description: 'Containers, newest first: name, state, image, URL.',
    input: only({
      state: Type.Optional(
        Type.Union(['created', 'running', 'paused', 'exited'].map((state) => Type.Literal(state as 'running')))
      ),
      name: text('A part of the name.'),
      label: text('A label: name, or name=value.')
    }),
    effect: 'reads',
    async run(berth, { label, ...given }, signal) {
      const found = await berth.listContainers({ ...given, ...(label !== undefined && { label: [label] }) }, { signal })
      return cutRows(found.map(briefly), 'containers')
    }
  }),
  tool({
    name: 'get_container',
    title: 'Inspect a container',
    description: 'Everything about one container: state, exit code, limits, ports, networks, volumes.',
    input: only({ container }),
    effect: 'reads',
    run: (berth, { container: id }, signal) => berth.getContainer({ id }, { signal })
  }),
  tool({
    name: 'get_logs',
    title: 'Read logs',
    description: 'The last lines that a container wrote.',
    input: only({
      container,
      lines: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
      since: text('Such as 10m.')
    }),
    effect: 'reads',
    async run(berth, { container: id, lines = 100, since }, signal) {
      const given = { id, tail: String(lines), format: 'json' as const, ...(since !== undefined && { since }) }
      const { lines: found } = await berth.getContainerLogs(given, { signal })
      return cutText(found.map(({ stream, line }) => (stream === 'stderr' ? `[stderr] ${line}` : line)).join('\n'))
    }
  }),
  tool({
    name: 'get_stats',
    title: 'Read statistics',
    description: 'CPU, memory, network and disk of a container, or of all that run.',
    input: only({ container: Type.Optional(container) }),
    effect: 'reads',
    run: async (berth, { container: id }, signal) =>
      id === undefined
        ? cutRows((await berth.getAllStats({}, { signal })).containers, 'containers')
        : berth.getContainerStats({ id }, { signal })
  }),
  tool({
    name: 'list_images',
    title: 'List images',
    description: 'Images of the engine, and which containers use them.',
    input: only({ reference: text('A pattern, such as team/*.') }),
    effect: 'reads',
    async run(berth, given, signal) {
      const row = ({ id, tags, size, created, containers }: Image) => ({
        id,
        tags,
        size,
        created,
        containers: containers.map(({ name }) => name)
      })
      return cutRows((await berth.listImages(given, { signal })).map(row), 'images')
    }
  }),
  tool({
    name: 'list_ports',
    title: 'List ports',
    description: 'How many host ports are free, and who has the others.',
    input: only({}),
    effect: 'reads',
    async run(berth, _given, signal) {
      const { available_range, counts, ports } = await berth.getPorts({}, { signal })
      return {
        available_range,
        counts,
        ...cutRows(
          ports.filter(({ state }) => state !== 'free'),
          'taken'
        )
      }
    }
  }),
  tool({
    name: 'get_server',
    title: 'Inspect the server',
    description: 'Health, versions and limits of the server and its engine.',
    input: only({}),
    effect: 'reads',
    run: async (berth, _given, signal) => ({
      health: await berth.getHealth({}, { signal }),
      info: await berth.getSystemInfo({}, { signal })
    })
  }),
  tool({
    name: 'create_container',
    title: 'Create a container',
    description: 'Make and start a container that stays. The answer has its URL.',
    input: only({
      image: Type.String({ description: 'Pulled when it is missing.' }),
      name: text('Otherwise one is made up.'),
      command: Type.Optional(Type.Array(Type.String())),
      env: Type.Optional(Type.Record(Type.String(), Type.String())),
      ports: Type.Optional(Type.Array(Type.String(), { description: 'Container ports, such as 8080 or 53/udp.' })),
      memory: text('Limit, such as 512m.'),
      ttl: text('Removed after this time, such as 2h.'),
      wait: Type.Optional(
        Type.Union(['running', 'port', 'healthy', 'http'].map((state) => Type.Literal(state as 'port')))
      )
    }),
    effect: 'adds',
    run: (berth, body, signal) => berth.createContainer({ body }, { signal })
  }),
  tool({
    name: 'change_container',
    title: 'Start, stop or pause a container',
    description: 'Start, stop, restart, pause or unpause a container. Its data stays.',
    input: only({
      container,
      action: Type.Union([
        Type.Literal('start'),
        Type.Literal('stop'),
        Type.Literal('restart'),
        Type.Literal('pause'),
        Type.Literal('unpause')
      ])
    }),
    effect: 'destroys',
    run: (berth, { container: id, action }, signal) => berth[`${action}Container`]({ id }, { signal })
  }),
  tool({
    name: 'remove_container',
    title: 'Remove a container',
    description: 'Remove a container with its files. Named volumes stay.',
    input: only({ container, force: Type.Optional(Type.Boolean({ description: 'Also if it runs.' })) }),
    effect: 'destroys',
    run: (berth, { container: id, force = false }, signal) => berth.removeContainer({ id, force }, { signal })
  }),
  tool({
    name: 'exec',
    title: 'Run a command in a container',
    description: 'Run a command in a running container: exit code, stdout, stderr.',
    input: only({
      container,
      command: Type.Array(Type.String(), { minItems: 1 }),
      stdin: text('What it reads.'),
      timeout_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 300, default: 60 }))
    }),
    effect: 'destroys',
    async run(berth, { container: id, ...given }, signal) {
      const { stdout, stderr, ...rest } = await berth.execInContainer(
        { id, body: { timeout_seconds: 60, ...given } },
        { signal }
      )
      return { ...rest, stdout: cutText(stdout), stderr: cutText(stderr) }
    }
  }),
  tool({
    name: 'read_file',
    title: 'Read a file or folder',
    description: 'The text of a file in a container, or the list of a folder.',
    input: only({ container, path: Type.String() }),
    effect: 'reads',
    async run(berth, { container: id, path }, signal) {
      const { content } = await beginningOf(berth, id, path, 256 * 1024, signal)
      return cutText(content.toString())
    }
  }),
  tool({
    name: 'write_file',
    title: 'Write a file',
    description: 'Write a text file in a container, in place of one that is there.',
    input: only({ container, path: Type.String(), text: Type.String() }),
    effect: 'destroys',
    async run(berth, { container: id, path, text }, signal) {
      const headers = { 'content-length': String(Buffer.byteLength(text)) }
      return (await berth.request('writeContainerFile', { id, path }, { signal, bytes: text, headers })).json()
    }
  }),
  buildTool
]
