import t from 'tap'
import { Refusal } from '../../../src/engine/docker/failures.ts'
import { translateError, translateStreamError } from '../../../src/engine/docker/translate-error.ts'
import { createUnknownTexts } from '../../../src/engine/docker/unknown-texts.ts'

function noting() {
  const lines: object[] = []
  const note = createUnknownTexts({ warn: (fields, message) => lines.push({ ...fields, message }) })
  return { lines, note }
}

function answered(statusCode: number, message: string) {
  const failure = { what: 'start it', isChange: true, address: 'unix:///x', cancelled: false }
  return translateError(new Refusal(statusCode, message), failure)
}

t.test('a text that no rule knows is logged once, whatever its ids and numbers', async (t) => {
  const { lines, note } = noting()
  note(answered(500, 'the flux of container 4f2a90cc17b1 is at "web": 17 of 20'))
  note(answered(500, 'the flux of container 99ab90cc17b2 is at "db": 3 of 20'))
  t.strictSame(lines, [
    {
      status: 500,
      code: 'ENGINE_FAILED',
      text: 'The engine could not start it: the flux of container 4f2a90cc17b1 is at "web": 17 of 20',
      message: 'engine error that no rule knows'
    }
  ])
  note(answered(400, 'the flux of container 4f2a90cc17b1 is at "web": 17 of 20'))
  t.match(lines[1], { status: 400, code: 'INVALID_REQUEST' })
  note(translateStreamError('the tide is out', 'pull it'))
  t.match(lines[2], { status: 200, code: 'ENGINE_FAILED' })
  t.equal(lines.length, 3)
})

t.test('neither known texts nor invalid answers are logged', async (t) => {
  const { lines, note } = noting()
  note(answered(404, 'No such container: web'))
  note(translateStreamError('manifest unknown', 'pull it'))
  note(new Error('socket hang up'))
  t.strictSame(lines, [])
})

t.test('an engine that never repeats itself does not fill the log', async (t) => {
  const { lines, note } = noting()
  for (let count = 0; count < 300; count++) {
    const word = String.fromCharCode(97 + Math.floor(count / 26), 97 + (count % 26))
    note(answered(500, `flux ${word}`))
  }
  t.equal(lines.length, 200)
})
