// The database of the store in the metrics.

import type { StoreDatabase } from '../store/contract/database.ts'
import type { Family } from './exposition.ts'
import { createHistogram } from './histogram.ts'

export function createDatabaseMetrics(database: StoreDatabase) {
  const queries = createHistogram(
    'berth_database_query_duration_seconds',
    'Time of the calls that reached for the database, by what came of them: ok or failed.'
  )
  database.onQuery((result, seconds) => queries.observe({ result }, seconds))

  return function families(): Family[] {
    const { busy, idle, waiting } = database.pool()
    return [
      {
        name: 'berth_database_up',
        help: 'Whether the database answers.',
        type: 'gauge',
        samples: [{ value: database.status().available ? 1 : 0 }]
      },
      {
        name: 'berth_database_connections',
        help: 'Connections to the database by use.',
        type: 'gauge',
        samples: [
          { labels: { state: 'busy' }, value: busy },
          { labels: { state: 'idle' }, value: idle }
        ]
      },
      {
        name: 'berth_database_waiting',
        help: 'Calls that wait for a connection to the database.',
        type: 'gauge',
        samples: [{ value: waiting }]
      },
      queries.family()
    ]
  }
}
