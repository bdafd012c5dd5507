// What a browser sees: who answers, how it does, and buttons that give Berth something to show. All of it from this server.
import type { FastifyPluginAsync } from 'fastify'
import { hostname } from 'node:os'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"

const BUTTONS = [
  ['POST', '/load/cpu', { seconds: 30, percent: 80 }, 'Use 80% of a core for 30 s'],
  ['POST', '/load/memory', { megabytes: 128, seconds: 30 }, 'Hold 128 MiB for 30 s'],
  ['DELETE', '/load', undefined, 'End all loads']
] as const

type Identity = { name: string; version: string; hostPort: number | null }

export function renderPage({ name, version, hostPort }: Identity): string {
  const buttons = BUTTONS.map(
    ([method, path, body, label]) =>
      `<button type="button" data-method="${method}" data-path="${path}" data-body='${body ? JSON.stringify(body) : ''}'>${label}</button>`
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${name} on ${hostname()}</title>
<link rel="stylesheet" href="/page.css">
<script defer src="/page.js"></script>
<main>
<h1>It runs</h1>
<p>This is <b>${name}</b> ${version}, the workload that Berth runs by default, in the container <b>${hostname()}</b>${
    hostPort === null ? '' : `, on port <b>${hostPort}</b> of its host`
  }.</p>
<dl>
<dt>Up for</dt><dd id="uptime">…</dd>
<dt>Memory</dt><dd id="memory">…</dd>
<dt>Loads</dt><dd id="loads">…</dd>
</dl>
<p>${buttons.join(' ')}</p>
<p id="said" role="status"></p>
<p>Watch what that does with <code>GET /containers/${hostname()}/stats</code> of Berth. All that this server can do: <a href="/docs">/docs</a>.</p>
</main>
</html>
`
}

const SCRIPT = `
const show = (id, text) => { document.getElementById(id).textContent = text }
async function look() {
  const health = await (await fetch('/health')).json()
  const { loads, rss_megabytes: memory } = await (await fetch('/load')).json()
  show('uptime', Math.round(health.uptime_seconds) + ' s')
  show('memory', memory + ' MiB')
  show('loads', loads.length === 0 ? 'none' : loads.map((load) => load.kind + ' ' + (load.percent ? load.percent + '%' : load.megabytes + ' MiB')).join(', '))
}
const refresh = () => look().catch(() => show('said', 'The server does not answer.'))
for (const button of document.querySelectorAll('button')) {
  button.addEventListener('click', async () => {
    const { method, path, body } = button.dataset
    const answer = await fetch(path, { method, ...(body && { body, headers: { 'content-type': 'application/json' } }) })
    const { detail = '', hint = '' } = answer.ok ? {} : await answer.json()
    show('said', detail + ' ' + hint)
    void refresh()
  })
}
setInterval(refresh, 1000)
void refresh()
`

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1c2430; background: #fff; }
main { max-width: 40rem; margin: 0 auto; padding: 2rem 1rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
button { font: inherit; padding: 0.4rem 0.8rem; margin: 0 0 0.5rem; }
@media (prefers-color-scheme: dark) { body { color: #dfe6ee; background: #0f151d; } a { color: #74b4ff; } }
`

export const pageRoutes: FastifyPluginAsync = async (app) => {
  const quiet = { schema: { hide: true }, logLevel: 'warn' } as const
  app.get('/page.js', quiet, async (_request, reply) => reply.type('text/javascript; charset=utf-8').send(SCRIPT))
  app.get('/page.css', quiet, async (_request, reply) => reply.type('text/css').send(STYLE))
}

export const PAGE_HEADERS = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY }
