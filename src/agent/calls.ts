// The calls that an agent forwards to the engine of its node: a server's calls about the inside of one task. Nothing else
// passes, so a server's certificate is not enough to create containers or to reach the machine. Pure.

import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'

/** The subject of a call: the engine itself, a container, or a command in one. */
type Subject = 'engine' | 'container' | 'command'
type Rule = { subject: Subject; method: string; does: string; parameters?: string[] }
export type Call = { subject: Subject; does: string; id: string; path: string; query: URLSearchParams }

// Without `ps_args` of top, which are options of a program on the machine.
const RULES: Rule[] = [
  { subject: 'engine', method: 'GET', does: '_ping' },
  { subject: 'engine', method: 'GET', does: 'version' },
  { subject: 'container', method: 'GET', does: 'stats', parameters: ['stream', 'one-shot'] },
  { subject: 'container', method: 'GET', does: 'top' },
  {
    subject: 'container',
    method: 'GET',
    does: 'logs',
    parameters: ['stdout', 'stderr', 'follow', 'timestamps', 'tail', 'since', 'until']
  },
  { subject: 'container', method: 'POST', does: 'stop', parameters: ['t'] },
  { subject: 'container', method: 'HEAD', does: 'archive', parameters: ['path'] },
  { subject: 'container', method: 'GET', does: 'archive', parameters: ['path'] },
  { subject: 'container', method: 'PUT', does: 'archive', parameters: ['path', 'noOverwriteDirNonDir'] },
  { subject: 'container', method: 'POST', does: 'exec' },
  { subject: 'command', method: 'GET', does: 'json' },
  { subject: 'command', method: 'POST', does: 'start' },
  { subject: 'command', method: 'POST', does: 'resize', parameters: ['h', 'w'] }
]

// Full ids, as the managers know them: a name or a short id could later mean another container.
const PATH = /^(?:\/v1\.\d{1,3})?\/(?:(containers|exec)\/([0-9a-f]{64})\/)?(\w+)$/

/** Undefined if an agent does not forward it. */
export function readCall(method: string, url: string): Call | undefined {
  const [path = '', search = '', ...more] = url.split('?')
  const [, kind, id = '', does = ''] = PATH.exec(path) ?? []
  const subject = kind === undefined ? 'engine' : kind === 'exec' ? 'command' : 'container'
  const rule = RULES.find((each) => each.subject === subject && each.method === method && each.does === does)
  // Older engines treat a semicolon as the end of a parameter.
  if (!rule || more.length > 0 || search.includes(';')) return undefined
  const query = new URLSearchParams(search)
  const isKnown = (name: string) => rule.parameters?.includes(name) === true
  return [...query.keys()].every(isKnown) ? { subject, does, id, path: url, query } : undefined
}

const Command = TypeCompiler.Compile(
  Type.Object(
    {
      AttachStdin: Type.Boolean(),
      AttachStdout: Type.Boolean(),
      AttachStderr: Type.Boolean(),
      Tty: Type.Boolean(),
      DetachKeys: Type.Optional(Type.String()),
      Cmd: Type.Array(Type.String(), { minItems: 1 }),
      Env: Type.Array(Type.String()),
      WorkingDir: Type.Optional(Type.String()),
      User: Type.Optional(Type.String())
    },
    { additionalProperties: false }
  )
)

/** The command to prepare, rebuilt. Undefined if it is invalid, or has privileges beyond those of its container. */
export function readCommand(text: string): string | undefined {
  const json: unknown = parsed(text)
  return Command.Check(json) ? JSON.stringify(json) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
