// Every image that a build may use is found, however it is written: the policy decides by this list.

import t from 'tap'
import { readDockerfile } from '../../../src/builds/context/dockerfile.ts'

const imagesOf = (text: string, args?: Record<string, string>) => readDockerfile(text, args).allImages.toSorted()

t.test('usual spellings', async (t) => {
  t.strictSame(imagesOf('FROM a:1\nRUN x'), ['a:1'])
  t.strictSame(imagesOf('from --platform=$BUILDPLATFORM a AS one\nFROM one\nCOPY --from=one / /\nCOPY --from=0 / /'), [
    'a'
  ])
  t.strictSame(imagesOf('ARG V=1\nFROM a:$V\nFROM b:${V}\nFROM scratch'), ['a:1', 'b:1'])
  t.strictSame(imagesOf('FROM a\nCOPY --from=b:1 / /\nADD --from=c / /'), ['a', 'b:1', 'c'])
})

t.test('evasive spellings', async (t) => {
  const table: [name: string, text: string, args: Record<string, string>][] = [
    ['an argument in place of the default', 'ARG BASE=good\nFROM $BASE', { BASE: 'evil' }],
    ['an argument without a default', 'ARG BASE\nFROM ${BASE}', { BASE: 'evil' }],
    ['a default that takes another', 'ARG A=evil\nARG B=$A\nFROM $B', {}],
    ['an argument that is set again later', 'ARG B=evil\nFROM good\nARG B=good\nFROM $B', {}],
    ['a default of its own', 'FROM ${BASE:-evil}', {}],
    ['over two lines', 'FROM \\\n  evil', {}],
    ['over two lines, with another escape', '# escape=`\nFROM `\n  evil', {}],
    ['a mount', 'FROM good\nRUN --mount=type=bind,from=evil,target=/x x', {}],
    ['a mount, in another order', 'FROM good\nRUN --mount=from=evil,type=bind,target=/x x', {}],
    ['the image that reads the file', '# syntax=evil\nFROM good', {}],
    ['a heredoc that the classic builder does not know', 'FROM good\nRUN cat <<CMD\nFROM evil\nCMD', {}],
    ['a name that is made up in a heredoc', 'FROM good\nRUN cat <<X\nFROM good AS evil\nX\nFROM evil', {}],
    ['a trigger', 'FROM good\nONBUILD COPY --from=evil / /', {}],
    ['a mount, in quotes', 'FROM good\nRUN --mount=type=bind,"from=evil",target=/x x', {}],
    ['a mount, in capitals', 'FROM good\nRUN --mount=type=bind,FROM=evil,target=/x x', {}],
    ['after a doubled backslash, which newer builders end a line with', 'FROM good\nRUN a \\\\\nFROM evil', {}],
    ['after a backslash and a space that is none to a builder', 'FROM good\nRUN a \\\u00A0\nFROM evil', {}],
    ['after a line that is not empty to a builder', 'FROM good\nRUN a \\\n\uFEFF\nFROM evil', {}],
    ['over two lines in a heredoc', 'FROM good\nRUN cat <<CMD\nFROM \\\nevil\nCMD', {}],
    ['in capitals and with tabs', '\tFrOm\t--platform=linux/amd64\tevil', {}]
  ]
  for (const [name, text, args] of table)
    t.ok(imagesOf(text, args).includes('evil'), `${name}: ${imagesOf(text, args)}`)
})

t.test('unresolved variables stay visible', async (t) => {
  t.match(imagesOf('FROM $UNKNOWN'), ['$UNKNOWN'])
  t.match(imagesOf('ARG A=evilx\nFROM ${A%x}'), ['${A%x}'])
})
