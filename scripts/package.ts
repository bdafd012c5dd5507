// The package that npm users install, as a folder and as a tarball: compiled JavaScript, since Node runs no TypeScript below
// node_modules; types of the client; the built dashboard; no tests.

import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureDashboard } from './dashboard.ts'
import { lastLines, run } from './run.ts'
import { giveUp, say, SetupError } from './say.ts'

export const PACKAGE_NAME = '@berth/berth'

const TSC = 'node_modules/typescript/bin/tsc'
const EMIT = [
  '--noEmit',
  'false',
  '--allowJs',
  'false',
  '--rootDir',
  'src',
  '--noCheck',
  '--rewriteRelativeImportExtensions'
]
/** Besides the compiled files: files that the server reads, and documents. */
const KEPT = ['docs/errors.md', 'CHANGELOG.md', 'LICENSE', 'README.md']
/** Loaded by its name in a string, so that no import shows it. */
const LOADED_BY_NAME = ['pino-pretty']

type Manifest = { version: string; license: string; description: string; dependencies: Record<string, string> }

/** Recreates the folder of the package. */
export async function makePackage(folder: string): Promise<void> {
  await ensureDashboard()
  rmSync(folder, { recursive: true, force: true })
  const lib = join(folder, 'lib')
  mkdirSync(lib, { recursive: true })
  await compile(folder)
  for (const sql of globSync('**/*.sql', { cwd: 'src' })) cpSync(join('src', sql), join(lib, sql))
  for (const file of KEPT) cpSync(file, join(folder, file))
  cpSync('dist/dashboard', join(folder, 'dist/dashboard'), { recursive: true })
  chmodSync(join(lib, 'cli/main.js'), 0o755)
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifestOf(lib), null, 2)}\n`)
}

/** `npm pack`, without network access. Returns the path of the tarball. */
export async function packTarball(folder: string, into: string): Promise<string> {
  mkdirSync(into, { recursive: true })
  const { ok, output } = await run('npm', [
    'pack',
    resolve(folder),
    '--pack-destination',
    into,
    '--ignore-scripts',
    '--offline'
  ])
  if (!ok) throw new SetupError(`npm pack failed:\n${lastLines(output, 15)}`)
  return join(into, output.trimEnd().split('\n').at(-1) ?? '')
}

async function compile(folder: string): Promise<void> {
  const config = join(folder, 'tsconfig.json')
  // The folder may lie anywhere, and then has no packages above it.
  const compilerOptions = { typeRoots: [join(process.cwd(), 'node_modules/@types')] }
  const base = { extends: join(process.cwd(), 'tsconfig.json'), compilerOptions, exclude: [] }
  const emit = async (options: string[], files: object) => {
    writeFileSync(config, JSON.stringify({ ...base, ...files }))
    // tap puts its own loader into every Node that a test starts, and the compiler does not work with it.
    const node = ['-u', 'NODE_OPTIONS', process.execPath]
    const { ok, output } = await run('env', [
      ...node,
      TSC,
      '-p',
      config,
      ...EMIT,
      '--outDir',
      join(folder, 'lib'),
      ...options
    ])
    if (!ok) throw new SetupError(`The compiler failed:\n${lastLines(output, 15)}`)
  }
  const src = join(process.cwd(), 'src')
  const code = { include: [src], exclude: [join(src, 'pages/dashboard')] }
  await emit([], code)
  await emit(['--declaration', '--emitDeclarationOnly'], { files: [join(src, 'client/index.ts')], include: [] })
  rmSync(config)
  // The compiler leaves import paths in declarations unchanged, but not every tool resolves a .ts path to a .d.ts file.
  for (const file of globSync('lib/**/*.d.ts', { cwd: folder })) {
    const path = join(folder, file)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2'))
  }
}

function manifestOf(lib: string): object {
  const { version, license, description, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
  const used = new Set(LOADED_BY_NAME)
  for (const file of globSync('**/*.js', { cwd: lib }))
    for (const [, name = ''] of readFileSync(join(lib, file), 'utf8').matchAll(
      /(?:from|import\()\s*'((?:@[\w-]+\/)?[\w-]+)/g
    ))
      used.add(name)
  return {
    name: PACKAGE_NAME,
    version,
    description,
    license,
    type: 'module',
    bin: { berth: 'lib/cli/main.js' },
    exports: {
      '.': { types: './lib/client/index.d.ts', default: './lib/client/index.js' },
      './package.json': './package.json'
    },
    files: ['lib', 'dist', 'docs', 'CHANGELOG.md'],
    engines: { node: '>=24' },
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([name]) => used.has(name)))
  }
}

if (import.meta.main) {
  try {
    await makePackage('dist/package')
    say(`the package is ${await packTarball('dist/package', 'dist')}`)
  } catch (error) {
    giveUp(error)
  }
}
