// Debian's Python with gRPC, and the generated modules for our proto file. Installed if it is missing.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installFor } from './debian.ts'

const ROOT = join(import.meta.dirname, '../..')
const PYTHON = '/usr/bin/python3'
const PLUGIN = '/usr/bin/grpc_python_plugin'

const run = promisify(execFile)

/** Its program, installed if it is missing. */
export function python(): string {
  if (!existsSync(PYTHON)) installFor('python')
  return PYTHON
}

/** Puts docker_management_pb2.py and docker_management_pb2_grpc.py into the folder. */
export async function generatePython(folder: string): Promise<void> {
  install()
  const image = join(folder, 'image.binpb')
  // Its own well-known types are too old; buf's image has them.
  await run('buf', ['build', '--path', 'proto/docker_management.proto', '--output', image], { cwd: ROOT })
  await run('/usr/bin/protoc', [
    `--descriptor_set_in=${image}`,
    `--python_out=${folder}`,
    `--grpc_python_out=${folder}`,
    `--plugin=protoc-gen-grpc_python=${PLUGIN}`,
    'docker_management.proto'
  ])
}

/** For a script that takes part in a test. */
export function startPython(folder: string, script: string, args: string[]) {
  const env = { ...process.env, PYTHONPATH: folder }
  return spawn(PYTHON, [join(ROOT, script), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** The output of a script. */
export async function runPython(folder: string, script: string, args: string[]): Promise<string> {
  const env = { ...process.env, PYTHONPATH: folder }
  const { stdout } = await run(PYTHON, [join(ROOT, script), ...args], { env, maxBuffer: 64 * 1024 ** 2 })
  return stdout
}

function install(): void {
  if (!existsSync(PLUGIN) || !hasGrpc()) installFor('pythonForGrpc')
}

function hasGrpc(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import grpc, google.protobuf'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}
