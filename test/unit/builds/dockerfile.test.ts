import t from 'tap'
import { readDockerfile } from '../../../src/builds/context/dockerfile.ts'

const images = (text: string, buildArgs?: Record<string, string>) => readDockerfile(text, buildArgs).allImages
const problems = (text: string) => readDockerfile(text).problems

t.test('valid Dockerfiles', async (t) => {
  const good: [why: string, text: string][] = [
    ['one line', 'FROM scratch'],
    ['small letters', 'from busybox\nrun true'],
    ['lines of Windows', 'FROM scratch\r\nCOPY a \\\r\n  b\r\n'],
    ['a byte order mark', '\uFEFFFROM scratch\n'],
    ['ARG before FROM', 'ARG BASE=busybox\nARG TAG\nFROM $BASE\n'],
    ['comments and empty lines', '# hello\n\n   # more\nFROM scratch\n# end'],
    ['a comment inside an instruction', 'FROM busybox\nRUN a && \\\n# why\n  b\n'],
    ['an empty line inside an instruction', 'FROM busybox\nRUN a && \\\n\n  b\n'],
    ['spaces after the backslash', 'FROM busybox\nRUN a \\  \n  whatever\n'],
    ['a backslash at the very end', 'FROM busybox\nRUN a \\'],
    ['the other escape', '# escape=`\nFROM busybox\nRUN a `\n  whatever C:\\\nRUN b\n'],
    ['a heredoc', 'FROM busybox\nRUN <<EOF\nwhatever\nmore\nEOF\nCMD x'],
    ['two heredocs', 'FROM busybox\nCOPY <<A <<"B" /\nnot one\nA\nnor this\nB\nCMD x'],
    ['a heredoc with tabs', 'FROM busybox\nRUN <<-EOF\n\twhatever\n\tEOF\nCMD x'],
    ['a shift in a shell is no heredoc', 'FROM busybox\nRUN echo $((1<<n))\nCMD x'],
    ['every instruction', 'FROM a\nMAINTAINER x\nONBUILD RUN x\nSTOPSIGNAL 9\nSHELL ["a"]\nHEALTHCHECK NONE\nVOLUME /v']
  ]
  for (const [why, text] of good) t.same(problems(text), [], why)
})

t.test('invalid Dockerfiles, with the reason', async (t) => {
  const bad: [text: string, problem: RegExp][] = [
    ['', /^there is no FROM$/],
    ['# only a comment\n', /^there is no FROM$/],
    ['ARG A=1\n', /^there is no FROM$/],
    ['hello world\n', /^line 1: "hello" is not an instruction$/],
    ['{"json": true}', /^line 1: "\{\\"json\\":" is not/],
    ['FROM\n', /^line 1: FROM names no image$/],
    ['FROM --platform=linux/amd64\n', /^line 1: FROM names no image$/],
    ['\nRUN true\nFROM scratch\n', /^line 2: RUN stands before the first FROM$/],
    ['FROM busybox\nRUN a \\\n b\nEXEC c\n', /^line 4: "EXEC" is not/],
    ['FROM busybox\nRUN <<EOF\nnever ends\n', /^line 3: "never" is not/]
  ]
  for (const [text, problem] of bad) t.match(problems(text), [problem], JSON.stringify(text))
  t.equal(problems('x\n'.repeat(100)).length, 5, 'not every line of a text that is no Dockerfile')
  t.ok((problems(`${'x'.repeat(10_000)}\n`)[0]?.length ?? 0) < 100)
})

t.test('options that would give a command more access to the host', async (t) => {
  const refused = [
    'RUN --network=host x',
    'RUN --mount=type=cache,target=/c --network=host x',
    'RUN --network="host" x',
    'RUN --net\\work=host x',
    'RUN --network=$N x',
    'RUN --network=\\\nhost x',
    'RUN --security=insecure x',
    'ONBUILD RUN --network=host x'
  ]
  for (const line of refused)
    t.match(problems(`FROM a\n${line}\n`), [/^line 2: RUN --.* is not available to builds$/], line)
  t.match(problems('# escape=`\nFROM a\nRUN x \\\\\nRUN --network=host y'), [/^line 4: RUN --network=host/])
  for (const line of ['RUN --network=none x', 'RUN --network=default --security=sandbox x', 'RUN x --network=host'])
    t.strictSame(problems(`FROM a\n${line}\n`), [], line)
  t.equal(problems(`FROM a\n${'RUN --network=x\n'.repeat(100)}`).length, 5)
})

t.test('base images', async (t) => {
  const cases: [why: string, text: string, expected: string[], buildArgs?: Record<string, string>][] = [
    ['one', 'FROM busybox', ['busybox']],
    ['nothing', 'FROM scratch', []],
    [
      'stages are no images',
      'FROM a AS one\nFROM b as Two\nFROM ONE\nCOPY --from=two x y\nCOPY --from=0 x y',
      ['a', 'b']
    ],
    ['copied from', 'FROM a\nCOPY --chown=1 --from=c:1 x y\nADD --from=d x y', ['a', 'c:1', 'd']],
    ['mounted from', 'FROM a\nRUN --mount=type=bind,from=m,target=/m --mount=from=n true', ['a', 'm', 'n']],
    ['a platform', 'FROM --platform=$BUILDPLATFORM a AS x', ['a']],
    ['arguments', 'ARG A=x\nARG B="y:1"\nFROM $A\nFROM ${B}\nFROM ${C:-z}/q', ['x', 'y:1', 'z/q']],
    [
      'an argument given with the build',
      'ARG A=x\nARG B\nFROM $A\nFROM $B',
      ['evil', 'worse'],
      { A: 'evil', B: 'worse' }
    ],
    ['an argument that is not known stays as it is', 'FROM $A', ['$A'], { A: 'x' }],
    ['the image that reads the Dockerfile', '# syntax=evil/reader:1 x\nFROM a', ['evil/reader:1', 'a']],
    ['after the line for a shell', '#!/usr/bin/env x\n# syntax=evil/reader\nFROM a', ['evil/reader', 'a']],
    ['a reader given with the build', 'FROM a', ['evil', 'a'], { BUILDKIT_SYNTAX: 'evil' }],
    ['on behalf of a later build', 'FROM a\nONBUILD COPY --from=evil x y', ['a', 'evil']],
    [
      'in what an old builder does not take for a heredoc',
      'FROM a\nRUN <<EOF\nFROM evil\nRUN x \\\nEOF',
      ['a', 'evil']
    ],
    ['behind a directive too late', '# x\n# escape=`\nFROM a\nRUN b `\nFROM evil', ['a', 'evil']],
    ['behind a directive that old builders stop at', '# check=x\n# escape=`\nFROM a\nRUN b `\nFROM evil', ['a', 'evil']]
  ]
  for (const [why, text, expected, buildArgs] of cases) t.same(images(text, buildArgs), expected, why)
})

t.test('images that are certainly pulled are separate from possible ones', (t) => {
  const text =
    '# syntax=s\n# escape=`\nFROM a\nRUN <<EOF\nFROM users\nEOF\nCOPY --from=c x y\nRUN --mount=from=m `\nFROM x\n'
  t.same(readDockerfile(text).baseImages, ['a', 'c', 'm'])
  t.same(readDockerfile(text).allImages, ['s', 'a', 'c', 'm', 'users', 'x'])
  t.end()
})

t.test('texts crafted to take long', async (t) => {
  const size = 1024 * 1024
  const texts = [
    `FROM a\nRUN ${'<<a '.repeat(size / 8)}\n${'b\n'.repeat(size / 8)}`,
    `FROM a\n${'x\\\n'.repeat(size / 3)}`,
    `FROM a\n${'RUN <<a\na\n'.repeat(size / 11)}`,
    `FROM ${'${'.repeat(size / 2)}`,
    `FROM a\nRUN ${'--mount=,'.repeat(size / 9)}`,
    `FROM a\nRUN ${'\t'.repeat(size)}x`,
    `${'\n'.repeat(size)}FROM a`,
    `${' '.repeat(size)}FROM a`,
    `FROM ${'${a:-'.repeat(size / 5)}`,
    `ARG a=xxxxxxxxxx\n${Array.from({ length: 1_000 }, () => `ARG a=${'$a'.repeat(100)}\n`).join('')}FROM $a`,
    `FROM a\nADD ${'a@'.repeat(size / 2)} x`,
    `FROM a\nADD ${'a:$@'.repeat(size / 4)} x`,
    `FROM a\nRUN ${'\\ '.repeat(size / 2)}x`,
    `FROM a\n${'RUN \\\\\n'.repeat(size / 8)}`
  ]
  for (const text of texts) {
    const started = performance.now()
    readDockerfile(text)
    const took = performance.now() - started
    t.ok(took < 10_000, `${JSON.stringify(text.slice(0, 20))} took ${Math.round(took)} ms`)
  }
})
