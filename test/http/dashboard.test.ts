// The Grafana dashboard uses only metrics of GET /metrics.

import t from 'tap'
import { build } from '../helpers/build.ts'
import { metricNames, usedVariables, variableNames } from '../helpers/dashboard.ts'

t.test('every metric of docs/dashboards/berth.json is one of GET /metrics', async (t) => {
  const { get, make } = await build(t)
  await make()
  const { body } = await get('/metrics')
  const families = [...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name]
  )
  t.ok(metricNames.length > 10, `${metricNames.length} names`)
  for (const name of metricNames) t.ok(families.includes(name), name)
})

t.test('its panels use only variables that it defines', async (t) => {
  for (const name of usedVariables) t.ok(variableNames.includes(name), name)
})
