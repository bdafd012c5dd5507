// The dashboard on a real engine: the life of a container, and a build that creates one.

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { IMAGE, TEST_LABEL } from '../helpers/engine.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'
import { drop, openBrowser, openPage } from './browser.ts'
import { buildDashboard } from './serve.ts'

const SLOW_MS = 30_000
const MOST_TERMINAL_BYTES = 100 * 1024
const SAYS = 'ready-for-the-form'
const COMMAND = `sh -c 'echo ${SAYS}; echo hello > /tmp/index.html; exec httpd -f -p 5000 -h /tmp'`

const browser = await openBrowser(t)
const skip = browser === undefined && 'there is no Chromium, and none can be installed'
if (browser) buildDashboard()
const server = browser && (await startServer(t, { ports: portsOf('dashboard'), env: { BERTH_EXEC: 'true' } }))

t.test('a container from the form to its end: create, watch, read, open, stop, remove', { skip }, async (t) => {
  if (!browser || !server) return
  const { page, faults } = await openPage(browser, server.url)
  page.setDefaultTimeout(SLOW_MS)
  const name = `form-${server.mark}`

  await page.goto('/')
  await page.waitForURL('**/dashboard')
  await page.getByRole('link', { name: 'Create' }).click()
  await page.getByLabel('Name', { exact: true }).fill('not a name!')
  await page.getByText('must be 2 to 63 letters').waitFor()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Command').fill(COMMAND)
  await page.getByRole('button', { name: 'Add a label' }).click()
  await page.getByLabel('Label', { exact: true }).fill(TEST_LABEL)
  await page.getByLabel('Its value').fill(server.mark)
  t.match(await page.getByLabel('The call').textContent(), `"name": "${name}"`, 'the same call as one types')
  await page.getByLabel('Root file system').selectOption('read-only')
  await page.getByLabel('Runtime').selectOption('runc')
  t.match(await page.getByLabel('The call').textContent(), /"read_only": true,\s+"runtime": "runc"/)
  for (const label of ['Root file system', 'Runtime']) await page.getByLabel(label).selectOption({ index: 0 })
  await page.getByRole('button', { name: 'Create and start' }).click()

  await page.getByRole('heading', { name }).or(page.locator('form .problem')).waitFor()
  t.strictSame(await page.locator('form .problem').allTextContents(), [], 'nothing is refused')
  await page.getByText('running', { exact: true }).first().waitFor()
  const [made] = await server.inEngine()
  t.match(made?.Names, [`/${name}`], 'the engine has it')

  const workload = page.getByRole('link', { name: /^Open \d+$/ })
  const opened = await (await fetch((await workload.getAttribute('href')) ?? '')).text()
  t.equal(opened, 'hello\n', 'its port answers')

  const cpu = page.getByRole('img', { name: 'CPU over the last minutes' }).locator('canvas')
  const picture = () => cpu.evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())
  const before = await picture()
  await page.waitForFunction(
    (old) => document.querySelector<HTMLCanvasElement>('.plot canvas')?.toDataURL() !== old,
    before
  )
  t.pass('its plot moves')

  await page.getByRole('link', { name: 'Logs' }).click()
  await page.getByText(SAYS, { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Stop' }).click()
  await page
    .getByText(/^exited/)
    .first()
    .waitFor()
  await page.getByText(`Stopped ${name}`).waitFor()
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.locator('.toast', { hasText: 'Removing' }).getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.getByText(`No container has the name or id`).or(page.getByText('CONTAINER_NOT_FOUND')).first().waitFor()
  t.strictSame(await server.inEngine(), [], 'the engine no longer has it')
  t.strictSame(faults, [])
})

t.test('a dropped folder becomes a running container', { skip }, async (t) => {
  if (!browser || !server) return
  const { page, faults } = await openPage(browser, server.url)
  page.setDefaultTimeout(SLOW_MS)
  await page.goto('/dashboard/builds')
  const folder = t.testdir({
    site: {
      Dockerfile: `FROM ${IMAGE}\nLABEL ${TEST_LABEL}=${server.mark}\nEXPOSE 5000\nCOPY pages /pages\nCMD ["httpd", "-f", "-p", "5000", "-h", "/pages"]\n`,
      pages: { 'index.html': 'from a folder\n' },
      node_modules: { large: 'is left out' }
    }
  })
  await drop(page, page.getByRole('region', { name: 'New build' }), [`${folder}/site`])
  await page.getByText('a folder of 2 files').waitFor()
  await page.getByLabel('Image name').fill(`dashboard-${server.mark}`)
  await page.getByRole('button', { name: 'Build', exact: true }).click()
  await page.getByRole('list', { name: 'Steps' }).getByText('COPY pages /pages').waitFor()
  await page.getByRole('link', { name: 'Open its container' }).click()
  const built = page.getByRole('link', { name: /^Open \d+$/ })
  t.equal(await (await fetch((await built.getAttribute('href')) ?? '')).text(), 'from a folder\n')
  await page.goBack()
  await page.getByRole('log').getByText('COPY pages /pages').first().waitFor()
  const id = new URL(page.url()).pathname.split('/').at(-1)
  await server.removeAll()
  t.equal((await server.delete(`/builds/${id}`)).status, 200, 'nothing is left of it')
  t.strictSame(faults, [])
})

t.test('a terminal: a shell, its size, a reload, its end', { skip }, async (t) => {
  if (!browser || !server) return
  const { body: box } = await server.create({ command: SLEEPER, ports: [] })
  const { page, faults } = await openPage(browser, server.url)
  page.setDefaultTimeout(SLOW_MS)
  const loaded = new Map<string, number>()
  page.on('response', (response) => {
    if (/assets\/screen/.test(response.url()))
      void response.body().then((body) => loaded.set(response.url(), gzipSync(body).length))
  })
  await page.goto(`/dashboard/containers/${box.id}`)
  await page.getByRole('link', { name: 'Terminal' }).click()
  const screen = page.locator('.xterm-rows')
  const line = (text: string | RegExp) => screen.locator('> div', { hasText: text }).first().waitFor()
  await line(/# *$/)
  await page.keyboard.type('printf "\\033[38;2;200;30;90mru%s\\033[0m\\n" by; stty size\n')
  await line(/^ruby/)
  await line(/^\d{2,} \d{2,}/)
  const before = (
    await screen
      .locator('> div', { hasText: /^\d+ \d+$/ })
      .first()
      .textContent()
  )?.trim()
  await page.setViewportSize({ width: 800, height: 600 })
  await page.keyboard.type('sleep 0.2; stty size\n')
  await page.waitForFunction(
    (old) =>
      [...document.querySelectorAll('.xterm-rows > div')].some(
        ({ textContent: text }) => /^\d+ \d+$/.test(text.trim()) && text.trim() !== old
      ),
    before
  )
  t.pass('it has the size of its box')

  await page.keyboard.type('v=still-here\n')
  await page.reload()
  await line(/^ruby/)
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type('echo $v\n')
  await line(/^still-here/)
  await page.keyboard.press('F6')
  t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Terminal', 'the keyboard gets out')
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type('exit 7\n')
  await page.getByText('It ended with exit code 7.').waitFor()
  await page.getByRole('button', { name: 'Open a new one' }).click()
  await line(/# *$/)
  const size = [...loaded.values()].reduce((sum, each) => sum + each, 0)
  t.ok(size > 50_000 && size <= MOST_TERMINAL_BYTES, `${size} bytes`)

  t.strictSame(faults, [])
  await server.delete(`/containers/${box.id}?force=true`)
})

t.test('files: browse, read, upload, replace, create, download, remove', { skip }, async (t) => {
  if (!browser || !server) return
  const { body: box } = await server.create({
    command: ['sh', '-c', 'mkdir -p /opt; echo kept > /opt/kept; exec sleep 3600'],
    ports: []
  })
  const { page, faults } = await openPage(browser, server.url)
  page.setDefaultTimeout(SLOW_MS)
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const files = page.getByRole('region', { name: /^Files of/ })
  await page.goto(`/dashboard/containers?open=${box.id}&tab=files`)
  await button('opt').click()
  await button('kept').click()
  await files.locator('pre', { hasText: 'kept' }).waitFor()
  t.match(page.url(), /tab=files&at=%2Fopt%2Fkept$/, 'everything has an address')
  await button('opt').click()

  await page.getByLabel('Name of the new folder').fill('new things')
  await button('Create').click()
  await button('new things').click()
  await files.getByText('This folder is empty.').waitFor()
  const folder = t.testdir({ 'note é.txt': 'first', tree: { below: { 'leaf.txt': 'a leaf' } } })
  await drop(page, files.getByText('This folder is empty.'), [`${folder}/note é.txt`, `${folder}/tree`])
  await button('note é.txt').click()
  await files.locator('pre', { hasText: 'first' }).waitFor()
  await button('new things').click()
  await page
    .getByLabel('Files to upload')
    .setInputFiles({ name: 'note é.txt', mimeType: 'text/plain', buffer: Buffer.from('second') })
  await button('Replace').click()
  await page.getByText('Uploaded 1 file').waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), button('download note é.txt').click()])
  t.equal(readFileSync(await download.path(), 'utf8'), 'second')
  const [archive] = await Promise.all([page.waitForEvent('download'), button('Download as zip').click()])
  t.match(archive.suggestedFilename(), /\.zip$/)
  t.equal(
    readFileSync(await archive.path())
      .subarray(0, 2)
      .toString(),
    'PK'
  )
  await button('tree').click()
  await button('below').click()
  await button('leaf.txt').click()
  await files.locator('pre', { hasText: 'a leaf' }).waitFor()
  await page.goto(`/dashboard/containers?open=${box.id}&tab=files&at=%2Fopt%2Fnew%2520things`)
  await button('remove tree').click()
  await page.getByRole('dialog', { name: 'Remove tree?' }).getByRole('button', { name: 'Remove' }).click()
  await button('tree').waitFor({ state: 'detached' })
  await button('note é.txt').waitFor()
  t.strictSame(faults, [])
  await server.delete(`/containers/${box.id}?force=true`)
})
