// The half of the setup that runs under Node 24 with the packages in place: the dashboard, an engine, and the default
// workload's image.
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { giveUp } from './say.ts'

enableCompileCache('node_modules/.cache/node')
if (existsSync('.env')) process.loadEnvFile('.env')

try {
  const { ensureDashboard } = await import('./dashboard.ts')
  await ensureDashboard()

  const { ensureEngine } = await import('./engine.ts')
  const { dockerClient } = await import('./docker-client.ts')
  const { ensureBaseImage } = await import('./base-image.ts')

  const connection = await ensureEngine(process.env)
  await ensureBaseImage(dockerClient(connection), process.env.NODE_IMAGE || undefined)
  connection.close()
} catch (error) {
  giveUp(error)
}
