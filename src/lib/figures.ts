export function round(value: number, digits = 2): number {
  const factor = 10 ** digits
  return Math.round(value * factor) / factor
}

/** Sizes as the first system wrote them: "45.23 MB", "1.23 GB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(2)} MB`
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(2)} GB`
}
