// Publishes events of one kind to its listeners, synchronously and in order.

export type Topic<T> = ReturnType<typeof createTopic<T>>

export function createTopic<T>() {
  const watchers = new Set<(news: T) => void>()
  return {
    /** Returns the function that ends it. */
    on(watcher: (news: T) => void): () => void {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    tell(news: T): void {
      for (const watcher of watchers) watcher(news)
    }
  }
}
