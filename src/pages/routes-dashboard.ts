// The dashboard as scripts/dashboard.ts built it. Every address below /dashboard that is not a file is a view of the one page.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyPluginAsync } from 'fastify'
import { HOME_POLICY, PAGE_POLICY } from './content-policy.ts'
import { html } from './reading-view/html.ts'

export type Dashboard = { folder: string; needsToken: () => boolean }

const HTML = 'text/html; charset=utf-8'
const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml'
}
const FILE = /^[\w-]+(?:\.[\w-]+)*$/
// Its name has a hash of its content.
const FOREVER = 'public, max-age=31536000, immutable'
const schema = { hide: true }

export const isBuilt = ({ folder }: Dashboard): boolean => existsSync(join(folder, 'index.html'))

export const dashboardRoutes: FastifyPluginAsync<{ dashboard: Dashboard }> = async (app, { dashboard }) => {
  app.get<{ Params: { file: string } }>('/dashboard/assets/:file', { schema }, async ({ params: { file } }, reply) => {
    const type = TYPES[extname(file)]
    const content = type !== undefined && FILE.test(file) ? await fileOf(join('assets', file)) : undefined
    if (content === undefined) return reply.callNotFound()
    return reply
      .type(type ?? '')
      .header('cache-control', FOREVER)
      .send(content)
  })

  for (const path of ['/dashboard', '/dashboard/*'])
    app.get(path, { schema }, async (_request, reply) => {
      const page = await fileOf('index.html')
      if (page !== undefined)
        return reply
          .type(HTML)
          .headers({ 'content-security-policy': HOME_POLICY, 'cache-control': 'no-cache' })
          .send(page)
      return reply.status(503).type(HTML).header('content-security-policy', PAGE_POLICY).send(notBuilt())
    })

  async function fileOf(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(dashboard.folder, name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
}

function notBuilt(): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Berth: no dashboard</title>
        <link rel="stylesheet" href="/redoc/style.css" />
      </head>
      <body class="article">
        <h1>The dashboard was not built</h1>
        <p>The API works without it. Build it in the folder of Berth, then reload this page:</p>
        <pre><code>npm ci --omit=dev --ignore-scripts
node scripts/dashboard.ts</code></pre>
        <p><a href="/docs">Try the API</a> · <a href="/redoc">read the API</a></p>
      </body>
    </html>`.markup
}
