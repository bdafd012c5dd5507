// A real headless browser, which returns the final text of a page.

import { execFile, execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { installFor } from './debian.ts'
import { makeFolder } from './folder.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** The browser's program. As root on Debian it is installed if it is missing. */
export function findChromium(): string | undefined {
  const found = () => NAMES.find((name) => succeeds(name, ['--version']))
  if (found() === undefined) {
    try {
      installFor('browser')
    } catch {
      return undefined
    }
  }
  return found()
}

/** The text of a page after its script has had time to work. */
export async function textOf(
  browser: string,
  url: string,
  { names = {}, budgetMs = 8_000 }: { names?: Record<string, string>; budgetMs?: number } = {}
) {
  const profile = makeFolder('chromium')
  const rules = Object.entries(names).map(([name, address]) => `MAP ${name} ${address}`)
  try {
    const { stdout } = await promisify(execFile)(
      browser,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-first-run',
        '--no-proxy-server',
        `--user-data-dir=${profile}`,
        `--host-resolver-rules=${rules.join(',')}`,
        `--virtual-time-budget=${budgetMs}`,
        '--dump-dom',
        url
      ],
      { timeout: 90_000, maxBuffer: 1e7 }
    )
    return stdout
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
