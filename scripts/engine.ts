import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { loadConfig, type Environment } from '../src/load-config.ts'
import { createConnection, type Connection } from '../src/engine/docker/connection.ts'
import { engineCandidates } from '../src/engine/docker/locate.ts'
import { installDocker, startDocker } from './docker.ts'
import { SetupError } from './say.ts'

const DOCKERD = ['/usr/sbin/dockerd', '/usr/bin/dockerd', '/usr/local/bin/dockerd']
const SILENT = { info: () => {}, warn: () => {} }

/** A connection to the engine that Berth will use. Without one, it installs and starts an engine if this machine allows it. */
export async function ensureEngine(env: Environment): Promise<Connection> {
  const { candidates, maySetUp } = readSettings(env)
  const connection = createConnection({ candidates, log: SILENT })
  if (await connection.start()) return connection

  const chosenByUser = candidates.length === 1
  if (chosenByUser || !maySetUp || !isDebianRoot()) {
    const status = connection.status()
    const reason = status.available ? '' : status.reason
    throw new SetupError(`No Docker engine answers (${reason}).\n${advice(reason, chosenByUser)}`)
  }

  if (!DOCKERD.some((path) => existsSync(path))) await installDocker()
  await startDocker((signal) =>
    connection.whenAvailable(signal).then(
      () => true,
      () => false
    )
  )
  return connection
}

function readSettings(env: Environment) {
  try {
    const { config } = loadConfig(env)
    const candidates = engineCandidates({ ...config, home: homedir(), runtimeDir: env.XDG_RUNTIME_DIR })
    return { candidates, maySetUp: config.engineSetup !== 'never' }
  } catch (error) {
    throw new SetupError(error instanceof Error ? error.message : String(error))
  }
}

function advice(reason: string, chosenByUser: boolean): string {
  if (reason.includes('permission denied')) {
    return 'This user may not use it: `sudo usermod -aG docker $USER`, then log in again.'
  }
  if (chosenByUser) return 'DOCKER_HOST, or the current docker context, points there: start that engine, or unset it.'
  if (isDebian()) return 'Install one with `sudo apt-get install docker.io`, or run this once as root, which does it.'
  if (process.platform === 'linux')
    return 'Install one: https://docs.docker.com/engine/install, or Podman with its socket.'
  return 'Install and start Docker Desktop (https://docs.docker.com/get-started/get-docker), or set DOCKER_HOST.'
}

function isDebianRoot(): boolean {
  return process.getuid?.() === 0 && isDebian()
}

function isDebian(): boolean {
  return (
    existsSync('/etc/os-release') && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  )
}
