import type { RefObject } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'
import { rowsInSight } from '../../picture/window.ts'

interface RowsInSight {
  readonly first: number
  readonly end: number
  readonly rowHeight: number
}

/** Which rows to draw, while the page is scrolled and resized; their height is the style sheet's. */
export function useRowsInSight(rows: RefObject<HTMLElement | null>, count: number): RowsInSight {
  const [sight, setSight] = useState<RowsInSight>({ first: 0, end: 30, rowHeight: 44 })
  useLayoutEffect(() => {
    const look = () => {
      const element = rows.current
      if (element === null) return
      const rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 44
      const { top } = element.getBoundingClientRect()
      const { first, end } = rowsInSight({ top, rowHeight, count }, innerHeight)
      setSight(before =>
        before.first === first && before.end === end && before.rowHeight === rowHeight
          ? before
          : { first, end, rowHeight },
      )
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [rows, count])
  return sight
}
