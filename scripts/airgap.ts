// Makes `docker-compose up --build` work without a reachable registry: it builds images from this machine's files, puts the
// server's packages where the build finds them, and writes a .env file for compose.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { dockerClient } from './docker-client.ts'
import { ensureEngine } from './engine.ts'
import { find } from './images.ts'
import { importImage } from './import-image.ts'
import { ensureLocalNodeImage, LOCAL_NODE_IMAGE } from './node-image.ts'
import { productionPackages } from './production-packages.ts'
import { lastLines, run } from './run.ts'
import { giveUp, say, SetupError } from './say.ts'

const LOCAL_REGISTRY_IMAGE = 'berth/registry:local'
const PACKAGES = 'node_modules/.production'
const DASHBOARD = 'dist/dashboard'

const REGISTRY_CONFIG = `version: 0.1
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
  delete:
    enabled: true
http:
  addr: :5000
`

if (existsSync('.env')) process.loadEnvFile('.env')

try {
  const connection = await ensureEngine(process.env)
  const docker = dockerClient(connection)
  await ensureLocalNodeImage(docker)
  await ensureRegistryImage(docker)
  connection.close()

  layOutPackages()
  setVariables('.env', { NODE_IMAGE: LOCAL_NODE_IMAGE, REGISTRY_IMAGE: LOCAL_REGISTRY_IMAGE })
} catch (error) {
  giveUp(error)
}

/** Debian's docker-registry, unpacked and not installed. */
async function ensureRegistryImage(docker: Docker): Promise<void> {
  if (await find(docker, LOCAL_REGISTRY_IMAGE)) return

  say(`making ${LOCAL_REGISTRY_IMAGE} from Debian's docker-registry`)
  const folder = mkdtempSync(join(tmpdir(), 'berth-registry-'))
  try {
    const unpack = 'apt-get download -q docker-registry && dpkg -x docker-registry_*.deb .'
    const { ok, output } = await run('sh', ['-c', `cd '${folder}' && ${unpack}`])
    if (!ok) throw new SetupError(`docker-registry could not be fetched:\n${lastLines(output, 5)}`)

    await importImage(docker, LOCAL_REGISTRY_IMAGE, {
      programs: { '/usr/local/bin/registry': join(folder, 'usr/bin/docker-registry') },
      files: { '/etc/docker/registry/config.yml': REGISTRY_CONFIG },
      changes: [
        'ENTRYPOINT ["registry"]',
        'CMD ["serve", "/etc/docker/registry/config.yml"]',
        'EXPOSE 5000',
        'VOLUME /var/lib/registry'
      ]
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The files that the image build needs, and the built dashboard. */
function layOutPackages(): void {
  say(`laying out the server's packages in ${PACKAGES}`)
  rmSync(PACKAGES, { recursive: true, force: true })
  for (const path of productionPackages()) cpSync(path, join(PACKAGES, path), { recursive: true })
  cpSync(DASHBOARD, join(PACKAGES, DASHBOARD), { recursive: true })
}

function setVariables(file: string, variables: Record<string, string>): void {
  say(`writing ${Object.keys(variables).join(' and ')} to ${file}`)
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  const others = lines.filter((line) => !Object.keys(variables).some((name) => line.startsWith(`${name}=`)))
  writeFileSync(file, [...others, ...Object.entries(variables).map((pair) => pair.join('=')), ''].join('\n'))
}
