/** Of many rows of one height, those to be drawn: what is in sight, and some above and below. */
export function rowsInSight(
  list: { readonly top: number; readonly rowHeight: number; readonly count: number },
  viewHeight: number,
): { readonly first: number; readonly end: number } {
  const { top, rowHeight, count } = list
  const margin = 8
  const first = Math.floor(-top / rowHeight) - margin
  const end = Math.ceil((viewHeight - top) / rowHeight) + margin
  const clamp = (row: number) => Math.min(count, Math.max(0, row))
  return { first: clamp(first), end: clamp(end) }
}
