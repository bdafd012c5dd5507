// The output of `npm test`: each failure with the details to find it, one line per test file, and the count last.
import { Transform } from 'node:stream'
import { inspect, styleText } from 'node:util'
import { Parser } from 'tap-parser'

/** Parts of a diagnosis about the run of the test, not about its failure. */
const NOISE = ['args', 'command', 'compare', 'cwd', 'externalID', 'jobId', 'stdio', 'source', 'tapCaught', 'test']

export default class Reporter extends Transform {
  #parser = new Parser()
  #passed = 0
  #skipped = 0
  #failures = []
  #failuresOfEarlierFiles = 0
  #file

  constructor() {
    super()
    // The parser gives these for every assert at any depth, but not for the one that only closes a child test.
    this.#parser.on('pass', () => this.#passed++)
    this.#parser.on('skip', (result) => this.#skip(result))
    this.#parser.on('todo', () => this.#skipped++)
    this.#parser.on('fail', (result) => result !== this.#file && this.#fail(result.fullname, result.diag))
    this.#parser.on('assert', (file) => this.#endFile(file))
    this.#parser.on('bailout', (reason) => this.#fail(`Bail out! ${reason}`))
    this.#parser.on('extra', (output) => this.push(output))
  }

  _transform(chunk, _encoding, done) {
    this.#parser.write(chunk)
    done()
  }

  _flush(done) {
    this.#parser.end()
    if (this.#passed + this.#failures.length === 0) this.#fail('no test ran')
    if (this.#failures.length > 0) {
      process.exitCode = 1
      this.#print('', styleText('red', 'Failed:'), ...this.#failures.map((name) => `  ${name}`))
    }

    const skipped = this.#skipped > 0 ? `, ${this.#skipped} skipped` : ''
    this.#print('', `${this.#passed} passed, ${this.#failures.length} failed${skipped}`)
    done()
  }

  #endFile(result) {
    this.#file = result
    const { ok, skip, time, diag } = result
    const name = diag?.expired ?? result.name
    const mark = skip ? styleText('yellow', '-') : ok ? styleText('green', '✓') : styleText('red', '✗')
    this.#print(`${mark} ${name}${time === null ? '' : ` (${formatDuration(time)})`}`)

    // A file can fail without a failed assert: it crashed, was killed, took too long or left with a bad exit code.
    if (!ok && this.#failures.length === this.#failuresOfEarlierFiles) this.#fail(name, diag)
    this.#failuresOfEarlierFiles = this.#failures.length
  }

  #skip({ fullname, skip }) {
    this.#skipped++
    this.#print(`${styleText('yellow', '-')} ${fullname}: ${typeof skip === 'string' ? skip : 'skipped'}`)
  }

  #fail(name, diag) {
    this.#failures.push(name)
    this.#print('', styleText('red', `✗ ${name}`), ...explain(diag ?? {}).map((line) => `  ${line}`), '')
  }

  #print(...lines) {
    this.push(lines.map((line) => `${line}\n`).join(''))
  }
}

function explain({ at, diff, stack, ...diag }) {
  const rest = Object.entries(diag).filter(([key, value]) => value !== null && !NOISE.includes(key))
  const lines = rest.map(([key, value]) => `${key}: ${typeof value === 'string' ? value : inspect(value)}`)

  if (diff) lines.push(diff)
  if (stack) lines.push(stack.replace(/^(?=.)/gm, 'at '))
  else if (at) lines.push(`at ${at.fileName}:${at.lineNumber}:${at.columnNumber}`)
  return lines.flatMap((line) => line.trimEnd().split('\n'))
}

function formatDuration(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
