/** Whether all wanted labels are there, each `name` or `name=value`. */
export function hasLabels(labels: Record<string, string>, wanted: string[] = []): boolean {
  return wanted.every((each) => {
    const equals = each.indexOf('=')
    if (equals === -1) return Object.hasOwn(labels, each)
    return labels[each.slice(0, equals)] === each.slice(equals + 1)
  })
}
