// The stack of the repository on a lab: an image of this server on each node, certificates, and the one command to deploy.

import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { importImage } from '../../scripts/import-image.ts'
import { productionPackages } from '../../scripts/production-packages.ts'
import { makeAgentCerts } from '../helpers/agent.ts'
import { IMAGE } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import type { Lab } from './lab.ts'

const ROOT = join(import.meta.dirname, '../..')
const FILE = 'docker-stack.yml'
const NAME = 'berth'
const OWN_IMAGE = 'berth-test/stack:1'
export const AGENT_PORT = 2378

const FILES = ['src', 'package.json', 'docs/errors.md', 'scripts/health-check.mjs']

/** The image has this machine's Node, since no registry is reachable, and the files and packages of the real image. */
export async function loadImage({ nodes }: Lab): Promise<void> {
  const content = {
    programs: { '/usr/local/bin/node': process.execPath },
    tree: { from: ROOT, paths: [...FILES, ...productionPackages()], to: 'app' },
    changes: ['WORKDIR /app', 'ENV BERTH_DATA_DIR=/data', 'CMD ["node", "--expose-gc", "src/server.ts"]']
  }
  await Promise.all(nodes.map(({ engine }) => importImage(engine, OWN_IMAGE, content)))
}

/** Runs `npm run agent-certs` and `docker stack deploy` with these settings. */
export function createStack(t: Pick<Test, 'teardown'>, { manager }: Lab, settings: Record<string, string>) {
  const folder = makeFolder('stack')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const certs = makeAgentCerts(join(folder, 'certs'))
  copyFileSync(join(ROOT, FILE), join(folder, FILE))
  mkdirSync(join(folder, 'config'))
  cpSync(certs.made, join(folder, 'config/agent'), { recursive: true })
  const stack = (...words: string[]) =>
    execFileSync('docker', ['-H', `unix://${manager.socket}`, ...words], {
      cwd: folder,
      stdio: 'pipe',
      env: { ...process.env, BERTH_IMAGE: OWN_IMAGE, BERTH_DEFAULT_IMAGE: IMAGE, ...settings }
    })
  return {
    certs,
    deploy: (): void => void stack('stack', 'deploy', '--resolve-image', 'never', '-c', FILE, NAME),
    removeAgents: (): void => void stack('service', 'rm', `${NAME}_agent`)
  }
}
