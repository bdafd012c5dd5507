// Everything that an ADD may fetch is found, however it is written. Files of the context are left alone.

import t from 'tap'
import { readDockerfile } from '../../../src/builds/context/dockerfile.ts'

const found = (lines: string) => readDockerfile(`FROM a\n${lines}`).remoteSources

t.test('sources that are or may become remote', async (t) => {
  const table: [name: string, lines: string][] = [
    ['http', 'ADD http://a/b /x'],
    ['https, after flags', 'ADD --chown=1 --checksum=sha256:0 https://a/b /x'],
    ['capitals', 'add HTTP://a/b /x'],
    ['git', 'ADD git://a/b.git /x'],
    ['git by ssh', 'ADD git@a:b.git /x'],
    ['another user of ssh', 'ADD me@a:b /x'],
    ['one of several', 'ADD a b http://a/b c /x/'],
    ['a list', 'ADD ["http://a/b", "/x"]'],
    ['a list without spaces', 'ADD ["http://a/b","/x"]'],
    ['a list with escapes', String.raw`ADD ["\u0068ttp\u003a\u002f\u002fa/b","/x"]`],
    ['a list, and something after it', String.raw`ADD ["http\u003a//a/b","/x"] # more`],
    ['quotes', 'ADD "http":"//"a/b /x'],
    ['backslashes', String.raw`ADD http:\/\/a/b /x`],
    ['a variable', 'ADD $X /x'],
    ['a variable in braces, with what it is otherwise', 'ADD ${X:-http}://a /x'],
    ['a variable after something', 'ADD ht$X /x'],
    ['a variable after a scheme', 'ADD http:/$X /x'],
    ['a variable after empty quotes', 'ADD ""$X /x'],
    ['over two lines', 'ADD http:\\\n//a/b /x'],
    ['over two lines with a comment between', 'ADD http:\\\n# why\n//a/b /x'],
    ['a trigger', 'ONBUILD ADD http://a/b /x'],
    ['in a heredoc', 'RUN cat <<CMD\nADD http://a/b /x\nCMD'],
    ['after a doubled backslash', 'RUN a \\\\\nADD http://a/b /x'],
    ['with another escape', 'RUN a `\nADD http://a/b /x']
  ]
  for (const [name, lines] of table) t.equal(found(lines).length, 1, `${name}: ${found(lines)}`)
  t.equal(readDockerfile('# comment\n# escape=`\nFROM a\nRUN a \\\nADD http://a /x').remoteSources.length, 1)
})

t.test('sources that are not', async (t) => {
  for (const lines of [
    'ADD a.tar.gz /x',
    'ADD ./$NAME /x',
    'ADD dir/${NAME} /x',
    'ADD a $HOME',
    'ADD --chown=$USER a /x',
    'ADD ["a", "/x"]',
    'ADD <<EOF /x\nhttp://a\nEOF',
    'COPY http://a /x',
    'RUN curl http://a',
    'LABEL url=http://a',
    'RUN a \\\n  ADD http://a /x'
  ])
    t.same(found(lines), [], lines)
})

t.test('a large file takes no time', async (t) => {
  const started = performance.now()
  readDockerfile(`FROM a\n${'RUN a \\\\\nADD <<X $A /b\n'.repeat(40_000)}`)
  readDockerfile(`FROM a\n${'x'.repeat(1_000_000)}`)
  readDockerfile(`FROM a\nRUN ${'a \\\n'.repeat(200_000)}`)
  readDockerfile('FROM a AS b\n'.repeat(80_000))
  const took = performance.now() - started
  t.ok(took < 15_000, `${took.toFixed(0)} ms`)
})
