// The dashboard on a real engine: what one does with a container in its life, and a build that ends in one.

import t from 'tap'
import { IMAGE, TEST_LABEL } from '../helpers/engine.ts'
import { portsOf, startServer } from '../helpers/server.ts'
import { openBrowser, openPage } from './browser.ts'
import { buildDashboard } from './serve.ts'

const SLOW_MS = 90_000
const SAYS = 'ready-for-the-form'
const COMMAND = `sh -c 'echo ${SAYS}; echo hello > /tmp/index.html; exec httpd -f -p 5000 -h /tmp'`

const browser = await openBrowser(t)
const skip = browser === undefined && 'there is no Chromium, and none can be installed'

t.test('from the form to the end: create, watch, read, open, stop, remove', { skip }, async (t) => {
  if (!browser) return
  buildDashboard()
  const server = await startServer(t, { ports: portsOf('dashboard') })
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
  await page.getByRole('button', { name: 'Undo' }).last().click()
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.getByText(`No container has the name or id`).or(page.getByText('CONTAINER_NOT_FOUND')).first().waitFor()
  t.strictSame(await server.inEngine(), [], 'the engine has it no more')
  t.strictSame(faults, [])
})

t.test('a Dockerfile becomes a running container', { skip }, async (t) => {
  if (!browser) return
  const server = await startServer(t, { ports: portsOf('dashboard') })
  const { page, faults } = await openPage(browser, server.url)
  page.setDefaultTimeout(SLOW_MS)
  await page.goto('/dashboard/builds')
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: 'Dockerfile',
      mimeType: 'text/plain',
      buffer: Buffer.from(
        `FROM ${IMAGE}\nLABEL ${TEST_LABEL}=${server.mark}\nEXPOSE 5000\nRUN echo built > /tmp/index.html\nCMD ["httpd", "-f", "-p", "5000", "-h", "/tmp"]\n`
      )
    })
  await page.getByLabel('Image name').fill(`dashboard-${server.mark}`)
  await page.getByRole('button', { name: 'Build', exact: true }).click()
  await page.getByRole('list', { name: 'Steps' }).getByText('RUN echo built').waitFor()
  await page.getByRole('link', { name: 'To its container' }).click()
  await page.getByText('running', { exact: true }).first().waitFor()
  await page.goBack()
  await page.getByRole('log').getByText('RUN echo built').first().waitFor()
  const id = new URL(page.url()).pathname.split('/').at(-1)
  await server.removeAll()
  t.equal((await server.delete(`/builds/${id}`)).status, 200, 'nothing is left of it')
  t.strictSame(faults, [])
})
