import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type RunResult = { ok: boolean; output: string }

/** Runs a command to its end. A daemon that the command leaves behind must not keep our pipes open. */
export async function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-setup-'))
  const file = join(folder, 'output')
  const output = openSync(file, 'w')
  try {
    const child = spawn(command, args, { stdio: ['ignore', output, output], env: { ...process.env, ...env } })
    const ok = await new Promise<boolean>((resolve) => {
      child.once('exit', (code) => resolve(code === 0))
      child.once('error', () => resolve(false))
    })
    return { ok, output: readFileSync(file, 'utf8') }
  } finally {
    closeSync(output)
    rmSync(folder, { recursive: true })
  }
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
