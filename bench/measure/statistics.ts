/** The smallest value that at least `percent` per cent of the values do not exceed (nearest rank). NaN of nothing. */
export const percentile = (values: ReadonlyArray<number>, percent: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(Math.ceil((percent / 100) * values.length) - 1, 0)] ?? Number.NaN

/** Of an even number of values the mean of the middle two, so that it is nobody's outlier. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** The slope of the least-squares line through the points; 0 for fewer than two. */
export const slope = (points: ReadonlyArray<Point>): number => {
  const mean = (of: (point: Point) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const centre = { x: mean(({ x }) => x), y: mean(({ y }) => y) }
  const spread = points.reduce((sum, { x }) => sum + (x - centre.x) ** 2, 0)
  const together = points.reduce((sum, { x, y }) => sum + (x - centre.x) * (y - centre.y), 0)
  return points.length === 0 || spread === 0 ? 0 : together / spread
}

/** As many digits behind the point as are worth printing. */
export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits))
