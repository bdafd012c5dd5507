// The page at `/` for browsers: links, the state of the server, and a first call.

import { html } from './reading-view/html.ts'

const LINKS = [
  ['/dashboard', 'Dashboard', 'every container, port and build, live'],
  ['/docs', 'Try the API', 'every call, filled in'],
  ['/redoc', 'Read the API', 'every call on one page, with examples'],
  ['/docs/errors', 'Errors', 'every code, why it comes and what to do'],
  ['/openapi.json', 'OpenAPI document', 'for generators of clients and other tools']
]

export function renderHome(origin: string): string {
  const create = `curl -X POST ${origin}/containers/create -H 'Content-Type: application/json' -d '{"wait": "port"}'`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Berth</title>
        <link rel="stylesheet" href="/redoc/style.css" />
        <script defer src="/home.js"></script>
      </head>
      <body class="article">
        <h1>Berth</h1>
        <p>Gives a container its place in the harbour: one call, and a workload runs on its own free port.</p>
        <p id="state" role="status">The state of the server is shown here when scripts may run.</p>
        <section>
          <h2>Where to go</h2>
          <ul>
            ${LINKS.map(([path, name, what]) => html`<li><a href="${path}">${name}</a>: ${what}</li>`)}
          </ul>
        </section>
        <section>
          <h2>First steps</h2>
          <p>Make a container, and look at what runs:</p>
          <pre><code>${create}</code></pre>
          <pre><code>curl ${origin}/containers/running</code></pre>
        </section>
        <section>
          <h2>Token</h2>
          <p>Where the server asks for a token, keep it here for this tab. It is sent to this server only.</p>
          <p>
            <label for="token">Token</label>
            <input id="token" type="password" autocomplete="off" spellcheck="false" />
            <button id="keep" type="button">Keep</button> <button id="forget" type="button">Forget</button>
          </p>
        </section>
      </body>
    </html>`.markup
}

const TOKEN = 'berth-token'

/** The token of the tab, and the answers that it permits. Shown as text, never as markup. */
export const homeScript = `
const state = document.getElementById('state')
const field = document.getElementById('token')
const ask = async (path) => {
  const token = sessionStorage.getItem('${TOKEN}')
  return fetch(path, { headers: { accept: 'application/json', ...(token && { authorization: 'Bearer ' + token }) } })
}
async function look() {
  const health = await (await ask('/health')).json()
  const engine = health.engine === 'available' ? health.engine_name + ' ' + health.engine_version : 'no engine: ' + (health.engine_reason ?? '')
  const containers = await ask('/containers/running')
  const running = containers.ok ? (await containers.json()).length + ' containers run' : containers.status === 401 ? 'a token is needed to see more' : (await containers.json()).detail
  state.textContent = 'Version ' + health.version + ', ' + health.status + '. ' + engine + '. ' + running + '.'
}
const show = () => look().catch(() => { state.textContent = 'The server does not answer.' })
document.getElementById('keep').addEventListener('click', () => {
  if (field.value) sessionStorage.setItem('${TOKEN}', field.value)
  field.value = ''
  void show()
})
document.getElementById('forget').addEventListener('click', () => {
  sessionStorage.removeItem('${TOKEN}')
  void show()
})
void show()
`

/** For Swagger UI: fills in the token of the tab, and stores one that is entered there. */
export const docsScript = `
addEventListener('load', () => setTimeout(() => {
  const token = sessionStorage.getItem('${TOKEN}')
  if (token && window.ui) window.ui.preauthorizeApiKey('bearer', token)
}))
addEventListener('pagehide', () => {
  const given = window.ui && window.ui.authSelectors.authorized().toJS().bearer
  if (given && given.value) sessionStorage.setItem('${TOKEN}', given.value)
})
`
