// Parses server-sent events from chunks of text as they arrive.

export type Message = { id: string | undefined; event: string; data: string }

export function createParser(onMessage: (message: Message) => void) {
  let rest = ''
  let id: string | undefined
  let event = 'message'
  let data: string[] = []

  function take(line: string): void {
    if (line === '') {
      if (data.length > 0) onMessage({ id, event, data: data.join('\n') })
      event = 'message'
      data = []
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') id = value
    else if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }

  return (piece: string): void => {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line.replace(/\r$/, ''))
  }
}
