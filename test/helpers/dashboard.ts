// The expressions of the Grafana dashboard, as Grafana would send them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Panel = { title: string; targets?: { expr: string }[] }
type Dashboard = { panels: Panel[]; templating: { list: { name: string; query: string | { query: string } }[] } }

const dashboard = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../docs/dashboards/berth.json'), 'utf8')
) as Dashboard
const variables = dashboard.templating.list

/** Values for all jobs, servers and containers. */
export const expressions = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    title,
    expression: expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$\w+/g, '.+')
  }))
)

/** Every metric name in a panel or a variable. */
export const metricNames = [
  ...new Set(
    [
      ...expressions.map(({ expression }) => expression),
      ...variables.map(({ query }) => JSON.stringify(query))
    ].flatMap((text) => text.match(/\b(?:berth|process)_\w+/g) ?? [])
  )
]

/** Every used and every defined variable. */
export const usedVariables = new Set(
  dashboard.panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => expr.match(/(?<=\$)[a-z]\w*/g) ?? []))
)
export const variableNames = variables.map(({ name }) => name)
