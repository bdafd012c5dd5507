// The event stream of an engine.

export type EngineEvent = {
  type: 'container' | 'image' | 'network'
  action: string
  id: string
  attributes: Record<string, string>
  timeNano: number
}

export type EngineWatch = {
  events(since: number | undefined, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>
}
