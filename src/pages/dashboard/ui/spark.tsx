// A minute of a figure as a small curve. Its top is the limit, or else the highest point.

const WIDTH = 60
const HEIGHT = 20

export function Spark({ points, top, label }: { points: readonly number[]; top?: number | undefined; label: string }) {
  const line = lineOf(points, top ?? Math.max(...points, 1))
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {line && <path class="under" d={`${line}V${HEIGHT}H${WIDTH - points.length + 1}z`} />}
      {line && <path d={line} />}
    </svg>
  )
}

function lineOf(points: readonly number[], top: number): string {
  if (points.length < 2) return ''
  const left = WIDTH - points.length + 1
  const steps = points.map((value, index) => {
    const height = Math.min(1, value / top) * (HEIGHT - 3)
    return `${left + index} ${(HEIGHT - 1.5 - height).toFixed(1)}`
  })
  return `M${steps.join('L')}`
}
