#!/usr/bin/env node
// The process `berth`: its arguments, Ctrl-C, and its exit code.

import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache()
const { program } = await import('./program.ts')
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
// A reader such as `head` that has seen enough is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const { stdout: out, stderr: err, stdin: input, env } = process
process.exitCode = await program(process.argv.slice(2), { out, err, input, env, signal: stop.signal }, version)
// Connections kept open for a next call must not delay the exit.
if (process.stdout.writableLength === 0) process.exit()
