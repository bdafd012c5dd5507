// The screen of a terminal: xterm.js in the colours of the page, as large as its box. A separate module, which loads with the
// first terminal.

import { FitAddon } from '@xterm/addon-fit'
import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { allowStyles } from './allow-styles.ts'
import { connect, type Handlers } from './connection.ts'

allowStyles()

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const

type Options = Pick<Handlers, 'onOpened' | 'onLost' | 'onEnded'> & { id: string; box: HTMLElement; label: string }

/** Returns a function that removes it. The command keeps running for a minute. */
export function openScreen({ id, box, label, ...heard }: Options): () => void {
  const screen = new Terminal({
    fontFamily: getComputedStyle(box).fontFamily,
    fontSize: 13,
    scrollback: 5_000,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    minimumContrastRatio: 4.5,
    screenReaderMode: true,
    theme: themeOf(box)
  })
  const fit = new FitAddon()
  screen.loadAddon(fit)
  screen.open(box)
  screen.textarea?.setAttribute('aria-label', label)
  fit.fit()
  const connection = connect(id, {
    size: () => ({ cols: screen.cols, rows: screen.rows }),
    onOutput: (bytes, done) => screen.write(bytes, done),
    ...heard
  })
  screen.onData(connection.type)
  screen.onResize(connection.resize)
  screen.attachCustomKeyEventHandler(isForTheCommand)
  const resized = new ResizeObserver(() => fit.fit())
  resized.observe(box)
  const themed = new MutationObserver(() => (screen.options.theme = themeOf(box)))
  themed.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  screen.focus()
  return () => {
    resized.disconnect()
    themed.disconnect()
    connection.leave()
    screen.dispose()
  }
}

/** F6 leaves the terminal, since Tab belongs to the command. ⌘K opens the palette, as everywhere. */
function isForTheCommand(event: KeyboardEvent): boolean {
  if (event.key !== 'F6') return !event.metaKey
  if (event.type === 'keydown') document.querySelector<HTMLElement>('.tab[aria-current]')?.focus()
  return false
}

/** The same colours as in logs, in the current theme. */
function themeOf(box: HTMLElement) {
  const { color, backgroundColor } = getComputedStyle(box)
  const probe = box.appendChild(document.createElement('span'))
  const colours = NAMES.map((name, index) => {
    probe.className = `ansi-${index}`
    return [name, getComputedStyle(probe).color]
  })
  probe.remove()
  const plain = Object.fromEntries(colours) as Record<(typeof NAMES)[number], string>
  const bright = Object.fromEntries(
    colours.map(([name = '', colour]) => [`bright${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, colour])
  )
  return { ...plain, ...bright, foreground: color, background: backgroundColor, cursor: color }
}
