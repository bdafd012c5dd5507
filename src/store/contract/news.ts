/** A change by another server on the same store. `missed`: notifications were lost, so anything may have changed. */
export type StoreNews =
  | { about: 'tokens' | 'expiries' | 'intents' | 'queue' | 'missed' }
  | { about: 'build' | 'log' | 'cancel'; id: string }
