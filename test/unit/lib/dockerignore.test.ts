import t from 'tap'
import { invalidContext } from '../../../src/builds/context/rules.ts'
import { readIgnore as read } from '../../../src/lib/dockerignore.ts'

const readIgnore = (text: string) => read(text, invalidContext)

t.test('ignored paths, as in docker build', async (t) => {
  const table: [lines: string, out: string[], kept: string[]][] = [
    ['', [], ['a']],
    ['# a\n\n  \n', [], ['a', '# a']],
    ['a', ['a', 'a/b', 'a/b/c'], ['b/a', 'ab', 'A']],
    ['/a/b/', ['a/b', 'a/b/c'], ['a', 'b']],
    ['./a//b/../c', ['a/c'], ['a/b']],
    ['../a', ['a'], []],
    ['*', ['a', 'a/b', '.env'], []],
    ['*.log', ['a.log', '.log', 'a.log/b'], ['b/a.log', 'a.logs']],
    ['*/*.log', ['b/a.log'], ['a.log', 'c/b/a.log']],
    ['**/*.log', ['a.log', 'b/a.log', 'c/b/a.log'], ['a.txt']],
    ['a/**/z', ['a/z', 'a/b/z', 'a/b/c/z/y'], ['z', 'b/a/z']],
    ['a/**', ['a/b', 'a/b/c'], ['b']],
    ['a?c', ['abc', 'aéc'], ['ac', 'a/c']],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
    ['[^a-c]x', ['dx'], ['ax']],
    ['\\*a', ['*a'], ['ba']],
    ['a.c', ['a.c'], ['abc']],
    ['*\n!README.md', ['a', 'docs/README.md'], ['README.md']],
    ['node_modules\n!node_modules/own', ['node_modules', 'node_modules/x'], ['node_modules/own', 'node_modules/own/y']],
    ['!a\na', ['a'], []],
    ['  a  \r\n! a/b\r\n', ['a', 'a/c'], ['a/b']],
    ['\uFEFFa', ['a'], []],
    ['[a', ['[a'], ['a']]
  ]
  for (const [lines, out, kept] of table) {
    const isLeftOut = readIgnore(lines)
    for (const path of out) t.ok(isLeftOut(path), `${JSON.stringify(lines)} leaves out ${path}`)
    for (const path of kept) t.notOk(isLeftOut(path), `${JSON.stringify(lines)} keeps ${path}`)
  }
})

t.test('an excessive number of lines is refused, since each path is matched against each line', async (t) => {
  const lines = (count: number) => Array.from({ length: count }, () => '**/*a*b').join('\n')
  t.ok(readIgnore(`${'# comment\n\n'.repeat(5_000)}${lines(1_000)}`))
  t.throws(() => readIgnore(lines(1_001)), { code: 'INVALID_CONTEXT', message: /\.dockerignore has more than 1000/ })
})

t.test('an invalid character class', async (t) => {
  t.throws(() => readIgnore('a\n[z-a]'), { code: 'INVALID_CONTEXT', message: /"\[z-a\]" in the \.dockerignore/ })
})

t.test('lines crafted to take long', async (t) => {
  const path = `${'a'.repeat(250)}/`.repeat(4)
  for (const line of [
    '*a'.repeat(500) + 'b',
    '**/'.repeat(500) + 'b',
    '**/*a'.repeat(200) + 'b',
    '*?'.repeat(500) + '/b'
  ]) {
    const started = performance.now()
    const isLeftOut = readIgnore(line)
    for (let count = 0; count < 100; count++) isLeftOut(path)
    t.ok(performance.now() - started < 5_000, line.slice(0, 10))
  }
})

t.test('lines that would take too long are refused early', async (t) => {
  const isLeftOut = readIgnore(Array.from({ length: 999 }, () => `*${'a'.repeat(120)}b`).join('\n'))
  const began = performance.now()
  const paths = Array.from({ length: 20 }, (_, index) => `${'a'.repeat(250)}${index}`)
  t.throws(() => paths.map(isLeftOut), { code: 'INVALID_CONTEXT', message: /more than 50000000 comparisons/ })
  t.ok(performance.now() - began < 5_000)
})

t.test('a large context with many ordinary lines is well within the bound', async (t) => {
  const lines = Array.from({ length: 100 }, (_, index) => `**/*.tmp${index}\nbuild${index}/\n!keep${index}.txt`)
  const isLeftOut = readIgnore(lines.join('\n'))
  const paths = Array.from({ length: 5_000 }, (_, index) => `packages/part${index % 50}/src/file${index}.ts`)
  t.notOk(paths.some(isLeftOut))
})
