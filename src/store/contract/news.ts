/** What another server on the same store has changed. `missed`: whatever it was, it may have been more. */
export type StoreNews =
  | { about: 'tokens' | 'expiries' | 'intents' | 'queue' | 'missed' }
  | { about: 'build' | 'log' | 'cancel'; id: string }
