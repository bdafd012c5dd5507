// The rules for the events of an engine.

import type { Test } from 'tap'
import { make, type Subject } from './subject.ts'

export async function watchContract(t: Test, subject: Subject): Promise<void> {
  const { engine } = subject

  await t.test('the events of a container, in order', async (t) => {
    const end = new AbortController()
    t.teardown(() => end.abort())
    const events = await engine.events(undefined, end.signal)
    const { id } = await make(t, subject)
    await engine.stopContainer(id, 0)
    await engine.removeContainer(id, { force: false, volumes: false })
    const seen: string[] = []
    const wanted = ['create', 'start', 'die', 'destroy']
    for await (const event of events) {
      if (event.type === 'container' && event.id === id && wanted.includes(event.action)) seen.push(event.action)
      if (seen.includes('destroy')) break
    }
    t.strictSame([...new Set(seen)], wanted, 'some engines report an event twice')
  })
}
