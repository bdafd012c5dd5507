// A page of a workload, in a real browser on the operator's machine, sends every request that a page can send. It reads
// nothing, and nothing changes.

import t from 'tap'
import { findChromium, textOf } from '../helpers/chromium.ts'
import { hostPort, portsOf, startServer } from '../helpers/server.ts'

const REBOUND = 'rebind.test'
const browser = findChromium()

/** Runs in the browser, and writes every readable answer and every success into the page. */
function attack(targets: string[], victim: string): string {
  return `<!doctype html><title>attack</title><body><script>
const told = []
const body = JSON.stringify({ name: 'owned', image: 'evil' })
const tell = (name) => (answer) => answer.text().then((text) => told.push(name + ' ' + answer.type + ' ' + text))
const attempt = (name, url, options) => fetch(url, options).then(tell(name)).catch(() => {})
function form(url, type, fields) {
  const frame = document.createElement('iframe')
  frame.name = 'f' + Math.random()
  const form = Object.assign(document.createElement('form'), { method: 'post', action: url, enctype: type, target: frame.name })
  for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), { name, value }))
  document.body.append(frame, form)
  form.submit()
}
const all = []
for (const api of ${JSON.stringify(targets)}) {
  const upload = new FormData()
  upload.append('file', new Blob(['FROM evil']), 'Dockerfile')
  upload.append('image_name', 'owned')
  all.push(
    attempt('read', api + '/containers'),
    attempt('create as text', api + '/containers', { method: 'POST', mode: 'no-cors', body }),
    attempt('create as JSON', api + '/containers', { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
    attempt('create without a body', api + '/containers', { method: 'POST', mode: 'no-cors' }),
    attempt('stop', api + '/containers/${victim}/stop', { method: 'POST', mode: 'no-cors' }),
    attempt('remove', api + '/containers/${victim}?force=true', { method: 'DELETE' }),
    attempt('upload', api + '/builds', { method: 'POST', mode: 'no-cors', body: upload }),
    attempt('old upload', api + '/build-push', { method: 'POST', mode: 'no-cors', body: upload }),
    attempt('retry', api + '/retry-build?build_id=x', { mode: 'no-cors' }),
    attempt('token', api + '/tokens', { method: 'POST', mode: 'no-cors', body: '{"name":"me","scopes":["admin"]}' })
  )
  navigator.sendBeacon(api + '/containers/${victim}/stop')
  navigator.sendBeacon(api + '/containers', new Blob([body], { type: 'text/plain' }))
  new EventSource(api + '/events').onmessage = ({ data }) => told.push('event ' + data)
  new Image().src = api + '/retry-build?build_id=x'
  form(api + '/containers/${victim}/stop', 'application/x-www-form-urlencoded', {})
  form(api + '/containers', 'text/plain', { '{"name":"owned","x":"': '"}' })
  form(api + '/builds', 'multipart/form-data', { file: 'FROM evil', image_name: 'owned' })
}
Promise.all(all).then(() => setTimeout(() => {
  document.body.textContent = 'TOLD ' + JSON.stringify(told.filter((line) => !/ opaque $/.test(line)))
}, 1000))
</script>`
}

t.test(
  'a page of a workload',
  { skip: browser === undefined && 'there is no Chromium, and none can be installed' },
  async (t) => {
    const server = await startServer(t, { ports: portsOf('browser') })
    const victim = (await server.create({ name: `victim-${server.mark}` })).body
    const { port } = new URL(server.url)
    const targets = ['127.0.0.1', 'localhost', REBOUND].map((name) => `http://${name}:${port}`)
    const page = await server.create({
      env: { PAGE: attack(targets, victim.name) },
      command: ['sh', '-c', 'printf %s "$PAGE" > /tmp/index.html; exec httpd -f -p 5000 -h /tmp'],
      wait: 'port'
    })
    t.equal(page.status, 201, page.text)
    type Entry = { outcome: string; code: string | null; action: string }
    const audit = async () => (await server.get<Entry[]>('/audit?limit=1000')).body as Entry[]
    const before = (await audit()).length

    const text = await textOf(browser ?? '', `http://127.0.0.1:${hostPort(page.body)}/`, {
      names: { [REBOUND]: '127.0.0.1' }
    })
    t.match(text, 'TOLD', 'the script ran')
    t.match(text, 'TOLD []', 'and was told nothing')

    const entries = (await audit()).slice(0, -before)
    t.ok(entries.length > 10, `it arrived ${entries.length} times`)
    t.strictSame(
      entries.filter(({ outcome }) => outcome !== 'refused'),
      [],
      'and refused each time'
    )
    const codes = new Set(entries.map(({ code }) => code))
    t.ok(codes.has('CROSS_ORIGIN_REFUSED'), 'as another page')
    t.ok(codes.has('HOST_NOT_ALLOWED'), 'and as another name')
    t.equal((await server.get<{ state: string }>(`/containers/${victim.id}`)).body.state, 'running')
    t.equal((await server.inEngine()).length, 2, 'the victim and the page')
  }
)

t.test(
  'a host name that points at this machine',
  { skip: browser === undefined && 'there is no Chromium' },
  async (t) => {
    const server = await startServer(t, { ports: portsOf('browser') })
    const { body: made } = await server.create({ name: `secret-${server.mark}` })
    const { port } = new URL(server.url)
    for (const path of ['/containers', '/docs/', '/openapi.json', `/containers/${made.id}`]) {
      const text = await textOf(browser ?? '', `http://${REBOUND}:${port}${path}`, {
        names: { [REBOUND]: '127.0.0.1' },
        budgetMs: 1_000
      })
      t.match(text, 'HOST_NOT_ALLOWED', path)
      t.notMatch(text, made.name, path)
    }
  }
)
